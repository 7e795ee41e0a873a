// SPDX-License-Identifier: Apache-2.0
#include "plugin_csv/csv_connector.h"
#include "plugin_support/connector.h"

MILLWRIGHT_SINGLE_CONNECTOR_PLUGIN("csv", millwright::plugin::csv_connector)
