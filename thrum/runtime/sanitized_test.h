#pragma once

/// THRUM_SANITIZED: whether a sanitizer looks on, which needs address space and descriptors of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define THRUM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define THRUM_SANITIZED 1
#endif
#endif
#ifndef THRUM_SANITIZED
#define THRUM_SANITIZED 0
#endif
