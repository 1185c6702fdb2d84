// SPDX-License-Identifier: MIT
#pragma once

/// The library is built with hidden visibility; what a program links to is marked with this.
#define HALKA_API __attribute__((visibility("default")))
