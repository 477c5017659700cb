#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "thrum/runtime/process/code_address.h"
#include "thrum/runtime/process/wire.h"

namespace thrum {

/// Gives a function a name that means the same in every build, for keys that outlive a program:
///
///     double score(const Rows& rows);
///     THRUM_TASK("credit.score", score);
///
/// At namespace scope of a source file. A name that two functions claim ends the program when it starts.
#define THRUM_TASK(name, function) \
  [[maybe_unused]] static const bool THRUM_TASK_NAME(thrum_task_, __LINE__) = ::thrum::name_task(name, function)
#define THRUM_TASK_NAME(a, b) THRUM_TASK_NAME_(a, b)
#define THRUM_TASK_NAME_(a, b) a##b

namespace task_detail {

using AnyFunction = void (*)();

bool register_name(std::string_view name, AnyFunction function);
/// Writes a registered name, or the address.
void write_function(WireWriter& writer, AnyFunction function);
/// Throws remote where it is not in this program.
AnyFunction read_function(WireReader& reader);

template <class F>
inline constexpr bool is_function_pointer = std::is_pointer_v<F> && std::is_function_v<std::remove_pointer_t<F>>;

/// A function, or a function object; a pointer to a member function holds an address that another process does not
/// have.
template <class F>
concept CallableThatCrosses = is_function_pointer<F> || HasWireHook<F> ||
                              (std::is_trivially_copyable_v<F> && !std::is_member_function_pointer_v<F>);

/// A lambda or function object. Its captures cross as bytes, so they may not refer to anything.
template <class F>
void write_callable(WireWriter& writer, const F& f) {
  if constexpr (is_function_pointer<F>) {
    write_function(writer, reinterpret_cast<AnyFunction>(f));
  } else if constexpr (HasWireHook<F>) {
    writer.write(f);
  } else {
    static_assert(
        !std::is_member_function_pointer_v<F>,
        "a pointer to a member function cannot cross to another process: give it a lambda that calls the member");
    static_assert(std::is_trivially_copyable_v<F>,
                  "only trivially copyable captures cross to another process: give it the rest as arguments");
    if constexpr (!std::is_empty_v<F>) writer.write_bytes(std::as_bytes(std::span(&f, 1)));
  }
}

template <class F>
F read_callable(WireReader& reader) {
  if constexpr (is_function_pointer<F>) {
    return reinterpret_cast<F>(read_function(reader));
  } else if constexpr (HasWireHook<F>) {
    return reader.read<F>();
  } else {
    std::array<std::byte, sizeof(F)> bytes{};
    if constexpr (!std::is_empty_v<F>) std::memcpy(bytes.data(), reader.read_bytes(sizeof(F)).data(), sizeof(F));
    return std::bit_cast<F>(bytes);
  }
}

/// What runs in the other process.
using Entry = void (*)(WireReader& task, WireWriter& result);

template <class F, class... Args>
void run(WireReader& task, WireWriter& result) {
  F f = read_callable<F>(task);
  auto arguments = task.read<std::tuple<Args...>>();
  if constexpr (std::is_void_v<std::invoke_result_t<F&, Args...>>) {
    std::apply(f, std::move(arguments));
  } else {
    result.write(std::apply(f, std::move(arguments)));
  }
}

/// What every task of one function with arguments of these types begins with.
template <class F, class... Args>
void write_call(WireWriter& writer, const F& f) {
  static const CodeAddress entry = code_address(reinterpret_cast<const void*>(static_cast<Entry>(&run<F, Args...>)));
  writer.write(entry);
  write_callable(writer, f);
}

template <class F, class... Args>
void write_task(WireWriter& writer, const F& f, const Args&... arguments) {
  write_call<F, Args...>(writer, f);
  (writer.write(arguments), ...);
}

/// Runs one task that write_task wrote. Throws what it throws; remote, corrupt_data.
void run_task(WireReader& task, WireWriter& result);

}  // namespace task_detail

/// See THRUM_TASK.
template <class R, class... Args>
bool name_task(std::string_view name, R (*function)(Args...)) {
  return task_detail::register_name(name, reinterpret_cast<task_detail::AnyFunction>(function));
}

}  // namespace thrum
