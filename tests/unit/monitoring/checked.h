// A result that must hold; what it says where it does not.
#pragma once

#include <QtTest>
#include <string>

#include "base/result.h"

namespace millwright {

template <class T>
std::string why(const T& result) {
  return result ? std::string() : result.error().code + ": " + message_of(result.error());
}
#define MW_OK(expression)                                      \
  do {                                                         \
    auto&& mw_checked = (expression);                          \
    QVERIFY2(mw_checked.has_value(), why(mw_checked).c_str()); \
  } while (false)

}  // namespace millwright
