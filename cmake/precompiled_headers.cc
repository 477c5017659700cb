// Nothing of its own: what is compiled are the precompiled headers of ThrumPrecompiledHeaders.cmake.
