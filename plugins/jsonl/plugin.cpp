// SPDX-License-Identifier: Apache-2.0
#include "plugin_jsonl/jsonl_connector.h"
#include "plugin_support/connector.h"

MILLWRIGHT_SINGLE_CONNECTOR_PLUGIN("jsonl", millwright::plugin::jsonl_connector)
