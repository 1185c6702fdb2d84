// SPDX-License-Identifier: MIT
#pragma once

/// What a message may be made of besides numbers and the program's own types: the types of the standard library that cereal knows.

#include "message_reader.hpp"
#include "message_writer.hpp"

#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/common.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

CEREAL_REGISTER_ARCHIVE(halka::message_writer)
CEREAL_REGISTER_ARCHIVE(halka::message_reader)
