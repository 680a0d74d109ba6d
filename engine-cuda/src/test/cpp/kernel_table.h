// Makes entries of a kernel library's table; included behind the kernels.
#pragma once

#include "kernel_abi.h"

#include <utility>

extern "C" {
// The linker's names for the ends of the section; absent when no kernel has static shared memory.
extern char __start_emulated_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_emulated_shared[] __attribute__((weak, visibility("hidden")));
// Of shared.ld.
extern char emulated_shared_of_templates_begin[] __attribute__((visibility("hidden")));
extern char emulated_shared_of_templates_end[] __attribute__((visibility("hidden")));
}

namespace emulator {

// Calls a kernel with arguments as cuLaunchKernel takes them: one pointer to each.
template <auto F>
struct Entry;

template <typename... A, void (*F)(A...)>
struct Entry<F> {
    static constexpr size_t count = sizeof...(A);
    static constexpr size_t sizes[sizeof...(A) + 1] = {sizeof(A)..., 0};

    template <size_t... I>
    static void unpack(void** arguments, std::index_sequence<I...>) {
        F(*static_cast<A*>(arguments[I])...);
    }

    static void call(void** arguments) {
        (void)arguments;
        unpack(arguments, std::index_sequence_for<A...>());
    }
};

// Of the arguments of __launch_bounds__.
template <typename... More>
constexpr unsigned first(unsigned max_threads, More...) {
    return max_threads;
}

template <auto F>
constexpr Kernel entry(const char* name, unsigned max_threads = 1024) {
    return {name, &Entry<F>::call, Entry<F>::sizes, static_cast<unsigned>(Entry<F>::count), max_threads};
}

}  // namespace emulator

#define EMULATOR_LIBRARY(kernel_table, kernels, global_table, globals)                                       \
    extern "C" __attribute__((visibility("default"))) const emulator::KernelLibrary emulator_kernel_library; \
    const emulator::KernelLibrary emulator_kernel_library = {                                                \
        kernel_table,                                                                                        \
        kernels,                                                                                             \
        global_table,                                                                                        \
        globals,                                                                                             \
        {{__start_emulated_shared, __stop_emulated_shared},                                                  \
         {emulated_shared_of_templates_begin, emulated_shared_of_templates_end}}};
