// The words for what planning/ tells in codes and figures.
#pragma once

#include <QString>
#include <QVariantMap>

#include "planning/flywheel.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

[[nodiscard]] State state_of(planning::StageState state);
[[nodiscard]] QString word_of(planning::StageState state);
[[nodiscard]] QString stage_name(const std::string& stage);
/// "63,440 records", "2 batches": two lines at most.
[[nodiscard]] QString stage_figures(const planning::Stage& stage);
/// The short figure for the rail.
[[nodiscard]] QString rail_figure(const planning::Stage& stage);
/// The page of a stage.
[[nodiscard]] QString page_of_stage(const std::string& stage);

[[nodiscard]] QString title_of(const planning::NextAction& action);
[[nodiscard]] QString reason(const planning::NextAction& action);
/// The verb on the button: "Look", "Train".
[[nodiscard]] QString verb_of(const planning::NextAction& action);
/// What the page is to show.
[[nodiscard]] QVariantMap arguments_of(const planning::NextAction& action);

}  // namespace millwright::ui
