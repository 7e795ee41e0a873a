// The design's tokens, and contrast as WCAG 2.1 asks for it: 4.5 : 1 for text.
#include <QPalette>
#include <QTest>
#include <cmath>

#include "ui_widgets/theme.h"

using namespace millwright::ui;

class TestTheme : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // Reference values: WebAIM's contrast checker, which follows WCAG 2.1.
  void contrast_is_wcags() {
    QCOMPARE(qRound(contrast(Qt::black, Qt::white) * 100), 2100);
    QCOMPARE(qRound(contrast(QColor("#777777"), Qt::white) * 100), 448);
    QCOMPARE(qRound(contrast(QColor("#0000ff"), Qt::white) * 100), 859);
    QCOMPARE(qRound(contrast(Qt::red, Qt::red) * 100), 100);
  }

  void tokens_are_the_designs() {
    const Tokens& light = Theme::tokens_of(false);
    QCOMPARE(light.background, QColor("#F4F6F8"));
    QCOMPARE(light.accent, QColor("#0F6E7C"));
    QCOMPARE(light.reference, QColor("#4C6FBF"));
    QCOMPARE(light.current, QColor("#D97B1F"));
    const Tokens& dark = Theme::tokens_of(true);
    QCOMPARE(dark.background, QColor("#12161C"));
    QCOMPARE(dark.accent, QColor("#4CC3CF"));
    QCOMPARE(dark.fail, QColor("#F08A80"));
  }

  void text_can_be_read_data() {
    QTest::addColumn<bool>("dark");
    QTest::addColumn<QColor>("text");
    QTest::addColumn<QColor>("ground");
    for (const bool dark : {false, true}) {
      const Tokens& t = Theme::tokens_of(dark);
      const auto row = [&](const char* what, const QColor& text, const QColor& ground) {
        QTest::addRow("%s %s", dark ? "dark" : "light", what) << dark << text << ground;
      };
      for (const auto& [name, ground] : {std::pair<const char*, QColor>{"background", t.background},
                                         {"surface", t.surface},
                                         {"raised", t.raised},
                                         {"selection", t.selection},
                                         {"accent_soft", t.accent_soft},
                                         {"hover", t.hover}}) {
        row(qPrintable(QStringLiteral("text on %1").arg(name)), t.text, ground);
        row(qPrintable(QStringLiteral("muted on %1").arg(name)), t.muted, ground);
      }
      row("on_accent", t.on_accent, t.accent);
      row("on accent under the pointer", t.on_accent, mix(t.text, t.accent, 0.12));
      row("pass on its ground", t.pass_text, t.pass_soft);
      row("warning on its ground", t.warning_text, t.warning_soft);
      row("fail on its ground", t.fail_text, t.fail_soft);
      row("pass on surface", t.pass_text, t.surface);
      row("warning on surface", t.warning_text, t.surface);
      row("fail on surface", t.fail_text, t.surface);
      row("fail on background", t.fail_text, t.background);
      row("text on fail's ground", t.text, t.fail_soft);
      row("neutral badge", mix(t.text, t.muted, 0.35), t.neutral_soft);
      row("disabled button", t.muted, t.surface);
      row("reference on surface", t.reference_text, t.surface);
      row("current on surface", t.current_text, t.surface);
      row("accent on surface", t.accent_text, t.surface);
      row("accent on selection", t.accent_text, t.selection);
      row("accent on its soft ground", t.accent_text, t.accent_soft);
      row("danger button", dark ? t.background : QColor(Qt::white), t.fail);
    }
  }

  void text_can_be_read() {
    QFETCH(QColor, text);
    QFETCH(QColor, ground);
    const double ratio = contrast(text, ground);
    QVERIFY2(ratio >= 4.5, qPrintable(QString::number(ratio)));
  }

  void a_choice_goes_before_the_system() {
    Theme::instance().install();
    Theme::instance().set_choice(ThemeChoice::dark);
    QVERIFY(Theme::instance().dark());
    QCOMPARE(QGuiApplication::palette().color(QPalette::Base), Theme::tokens_of(true).surface);
    Theme::instance().set_choice(ThemeChoice::light);
    QVERIFY(!Theme::instance().dark());
  }

  void everything_grows_with_the_text() {
    const int before = px(28);
    const int letters = role_font(FontRole::body).pixelSize();
    Theme::instance().set_text_scale(1.5);
    QVERIFY(px(28) > before * 1.4);
    QVERIFY(role_font(FontRole::body).pixelSize() > letters * 1.4);
    Theme::instance().set_text_scale(1);
  }

  void icons_take_a_colour() {
    const QImage image = icon_pixmap(QStringLiteral("search"), 24, QColor("#ff0000"), 2).toImage();
    QCOMPARE(image.size(), QSize(48, 48));
    int red = 0;
    for (int y = 0; y < 48; ++y)
      for (int x = 0; x < 48; ++x) red += qAlpha(image.pixel(x, y)) > 128 && qRed(image.pixel(x, y)) > 200 ? 1 : 0;
    QVERIFY(red > 40);
  }

  void figures_read_well() {
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    QCOMPARE(figure(qint64{63440}), QStringLiteral("63,440"));
    QCOMPARE(figure(0.41234, 2), QStringLiteral("0.41"));
    QCOMPARE(figure(12.0), QStringLiteral("12"));
    QCOMPARE(percent(0.924), QStringLiteral("92.4 %"));
    QCOMPARE(percent(std::nan("")), QStringLiteral("–"));
    QCOMPARE(duration(100), QStringLiteral("1 min 40 s"));
    QCOMPARE(duration(0.0021), QStringLiteral("2 ms"));
    QCOMPARE(duration(41 * 60), QStringLiteral("41 min"));
  }
};

QTEST_MAIN(TestTheme)
#include "test_theme.moc"
