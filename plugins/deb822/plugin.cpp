// SPDX-License-Identifier: Apache-2.0
#include "plugin_deb822/deb822_connector.h"
#include "plugin_support/connector.h"

MILLWRIGHT_SINGLE_CONNECTOR_PLUGIN("deb822", millwright::plugin::deb822_connector)
