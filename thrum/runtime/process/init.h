#pragma once

namespace thrum {

/// The first line of main in a program that starts processes:
///
///     int main(int argc, char** argv) {
///       thrum::init(argc, argv);
///
/// A worker process runs the same program; there this call does the worker's work and never returns. Elsewhere it
/// returns at once. Throws nothing.
void init(int argc, char** argv);

/// Whether init was called.
bool is_initialised() noexcept;

}  // namespace thrum
