#pragma once

#include <gtest/gtest.h>

#include <string>

#include "thrum/core/error.h"

namespace thrum::test {

/// What the Error that `f` throws says, its hint included; "no error" without one.
template <class F>
std::string refusal(F&& f, ErrorCode code = ErrorCode::invalid_argument) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "no error";
}

}  // namespace thrum::test
