// Runs a launch: blocks one after the other, the threads of a block as fibers on the calling thread.
//
// A fiber runs until it meets a barrier or an operation of its warp, and goes on when everybody it waits for has come. So
// between two barriers the threads of a block run one after the other, in an order that tests choose: a kernel that
// needs a barrier it has not got gives different results in different orders.
//
// Stricter than a device on purpose: a barrier that some threads of the block have left without, that threads reach at
// different places, or a warp operation whose lanes do not agree, ends the launch with a message instead of doing
// something.
#include "driver.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if !defined(__x86_64__) || !defined(__linux__)
#error "The emulator sits below JCuda's natives for Linux on x86-64, and switches stacks as that machine does."
#endif

static emulator::Coordinates emulator_coordinates_now;
emulator::Coordinates* emulator_coordinates = &emulator_coordinates_now;

// Saves what a call must preserve on the stack, leaves the stack's address in *from, and goes on with the other stack.
extern "C" void emulator_switch(void** from, void* to);
asm(R"(
.text
.hidden emulator_switch
.globl emulator_switch
.type emulator_switch, @function
emulator_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emulator_switch, .-emulator_switch
)");

namespace emulator {
namespace {

constexpr size_t stack_bytes = 128 * 1024;
constexpr unsigned warp_size = 32;
constexpr size_t dynamic_capacity = 228 * 1024;

enum class State { ready, at_barrier, in_warp, exited };

struct Place {
    const char* file = nullptr;
    int line = 0;

    bool operator!=(const Place& other) const { return line != other.line || std::strcmp(file, other.file) != 0; }
    std::string text() const {
        const char* slash = std::strrchr(file, '/');
        return std::string(slash == nullptr ? file : slash + 1) + ":" + std::to_string(line);
    }
};

struct Thread {
    State state = State::exited;
    Place place;
    uint3 index{};
    int barrier_result = 0;
    WarpOp op = WarpOp::sync;
    unsigned mask = 0;
    unsigned source = 0;
    uint64_t value = 0;
    uint64_t result = 0;
};

struct Warp {
    unsigned exists = 0;   // lanes that the block has
    unsigned exited = 0;
    unsigned waiting = 0;
};

struct Fiber {
    char* stack = nullptr;
    void* at = nullptr;  // its stack while it does not run
};

std::vector<Fiber> fibers;
std::vector<Thread> threads;
std::vector<Warp> warps;
std::vector<unsigned> order;
Fiber scheduler;
unsigned current = 0;
unsigned thread_count = 0;
unsigned exited_count = 0;
unsigned barrier_waiting = 0;
unsigned barrier_votes = 0;
Place barrier_place;

bool running = false;  // a fiber runs, on `runner`
pthread_t runner;
bool failed = false;
CUresult failure = CUDA_SUCCESS;
std::string failure_text;
volatile const void* fault_address;
std::string what_runs;
const std::function<void()>* guarded_body = nullptr;
const Launch* launch_now = nullptr;
std::vector<void*> arguments_now;
char* dynamic_end = nullptr;
char* dynamic_start = nullptr;

int thread_order = 0;  // 0 ascending, 1 descending, else the seed of a shuffle
bool order_read = false;

void leave(Fiber& from, Fiber& to) {
    emulator_switch(&from.at, to.at);
}

void yield() {
    unsigned self = current;
    leave(fibers[self], scheduler);
    current = self;
    emulator_coordinates_now.thread = threads[self].index;
}

std::string triple(uint3 v) {
    return "(" + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + ")";
}

std::string where() {
    if (launch_now == nullptr) {
        return what_runs;
    }
    return what_runs + ", block " + triple(emulator_coordinates_now.block) + ", thread " +
           triple(threads[current].index);
}

// Ends the launch from within a fiber. The fiber is never resumed; its stack is made anew.
[[noreturn]] void fail(CUresult error, const std::string& message) {
    failed = true;
    failure = error;
    failure_text = where() + ": " + message;
    leave(fibers[current], scheduler);
    std::abort();
}

void finish_thread();

void fiber_main() {
    for (;;) {
        if (guarded_body != nullptr) {
            (*guarded_body)();
        } else {
            launch_now->kernel->call(arguments_now.data());
        }
        finish_thread();
        yield();
    }
}

// Reached by a fiber instead of the instruction that faulted.
void after_fault() {
    char text[96];
    std::snprintf(text, sizeof text, "illegal access at address %p", const_cast<const void*>(fault_address));
    std::string message = text;
    Allocation* nearest = nullptr;
    for (size_t back : {size_t(0), size_t(1), size_t(256), size_t(4096)}) {
        nearest = nearest == nullptr ? allocation_at(reinterpret_cast<CUdeviceptr>(fault_address) - back) : nearest;
    }
    if (nearest != nullptr) {
        message += ", byte " + std::to_string(static_cast<const char*>(const_cast<const void*>(fault_address)) -
                                              nearest->start) +
                   " of a buffer of " + std::to_string(nearest->bytes) + " bytes";
    }
    fail(CUDA_ERROR_ILLEGAL_ADDRESS, message);
}

void prepare(Fiber& fiber) {
    void** top = reinterpret_cast<void**>(fiber.stack + stack_bytes);
    *--top = nullptr;  // keeps the alignment that a function expects at its entry
    *--top = reinterpret_cast<void*>(&fiber_main);
    for (int saved = 0; saved < 6; saved++) {
        *--top = nullptr;
    }
    fiber.at = top;
}

void have_fibers(unsigned count) {
    size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    while (fibers.size() < count) {
        Fiber fiber;
        void* memory = mmap(nullptr, stack_bytes + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            std::abort();
        }
        fiber.stack = static_cast<char*>(memory) + page;
        mprotect(fiber.stack, stack_bytes, PROT_READ | PROT_WRITE);
        prepare(fiber);
        fibers.push_back(fiber);
    }
}

struct sigaction former[2];

// A fault of a fiber becomes an error of its launch; any other is the JVM's business.
void on_fault(int signal, siginfo_t* info, void* context) {
    if (running && pthread_equal(runner, pthread_self())) {
        fault_address = info->si_addr;
        ucontext_t* machine = static_cast<ucontext_t*>(context);
        greg_t stack = machine->uc_mcontext.gregs[REG_RSP];
        machine->uc_mcontext.gregs[REG_RSP] = ((stack - 512) & ~greg_t(15)) - 8;
        machine->uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(&after_fault);
        return;
    }
    const struct sigaction& before = former[signal == SIGBUS];
    if ((before.sa_flags & SA_SIGINFO) != 0) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
        sigaction(signal, &before, nullptr);  // the instruction faults again, with the default effect
    } else {
        before.sa_handler(signal);
    }
}

void catch_faults() {
    static bool installed = false;
    if (installed) {
        return;
    }
    installed = true;
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &former[0]);
    sigaction(SIGBUS, &action, &former[1]);
}

unsigned lane_of(unsigned thread) {
    return thread % warp_size;
}

// Lets every lane of a complete warp operation go on, with its result.
void complete(Warp& warp, unsigned first_thread, unsigned group) {
    unsigned votes = 0;
    for (unsigned lane = 0; lane < warp_size; lane++) {
        if ((group >> lane & 1) != 0 && threads[first_thread + lane].value != 0) {
            votes |= 1u << lane;
        }
    }
    for (unsigned lane = 0; lane < warp_size; lane++) {
        if ((group >> lane & 1) == 0) {
            continue;
        }
        Thread& thread = threads[first_thread + lane];
        thread.result = votes;
        if (thread.op == WarpOp::shuffle) {
            // A lane that takes no part has no value to give: garbage, so that nobody relies on it.
            bool given = (group >> thread.source & 1) != 0;
            thread.result = given ? threads[first_thread + thread.source].value : ~uint64_t(0);
        }
        thread.state = State::ready;
    }
    warp.waiting &= ~group;
}

void release_barrier() {
    for (unsigned i = 0; i < thread_count; i++) {
        threads[i].barrier_result = static_cast<int>(barrier_votes);
        threads[i].state = State::ready;
    }
    barrier_waiting = 0;
    barrier_votes = 0;
}

void finish_thread() {
    Thread& self = threads[current];
    self.state = State::exited;
    exited_count++;
    unsigned lane = lane_of(current);
    Warp& warp = warps[current / warp_size];
    warp.exited |= 1u << lane;
    if (barrier_waiting != 0) {
        fail(CUDA_ERROR_LAUNCH_FAILED, "this thread ended without the barrier at " + barrier_place.text() +
                                           ", where " + std::to_string(barrier_waiting) + " threads wait");
    }
    for (unsigned other = 0; other < warp_size; other++) {
        const Thread& waits = threads[std::min(current - lane + other, thread_count - 1)];
        if ((warp.waiting >> other & 1) != 0 && (waits.mask >> lane & 1) != 0) {
            fail(CUDA_ERROR_LAUNCH_FAILED, "this thread ended, and lane " + std::to_string(other) +
                                               " waits for it in the warp operation at " + waits.place.text());
        }
    }
}

std::string stuck() {
    std::map<std::string, unsigned> places;
    for (unsigned i = 0; i < thread_count; i++) {
        if (threads[i].state != State::exited) {
            places[(threads[i].state == State::at_barrier ? "the barrier at " : "the warp operation at ") +
                   threads[i].place.text()]++;
        }
    }
    std::string text = "no thread can go on:";
    for (const auto& entry : places) {
        text += " " + std::to_string(entry.second) + " wait in " + entry.first + ";";
    }
    return text + " " + std::to_string(exited_count) + " ended";
}

uint64_t mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

int chosen_order() {
    if (!order_read) {
        order_read = true;
        const char* text = std::getenv("GOSSAMER_EMULATOR_ORDER");
        thread_order = text == nullptr ? 0 : std::atoi(text);
    }
    return thread_order;
}

void arrange(std::vector<unsigned>& numbers, unsigned count, uint64_t salt) {
    numbers.resize(count);
    std::iota(numbers.begin(), numbers.end(), 0u);
    int chosen = chosen_order();
    if (chosen == 1) {
        std::reverse(numbers.begin(), numbers.end());
    } else if (chosen > 1) {
        for (unsigned i = count; i > 1; i--) {
            std::swap(numbers[i - 1], numbers[mix(mix(chosen) + salt * 65536 + i) % i]);
        }
    }
}

void begin_block(dim3 size) {
    thread_count = size.x * size.y * size.z;
    exited_count = barrier_waiting = barrier_votes = 0;
    threads.assign(thread_count, Thread());
    warps.assign((thread_count + warp_size - 1) / warp_size, Warp());
    for (unsigned i = 0; i < thread_count; i++) {
        threads[i].state = State::ready;
        threads[i].index = {i % size.x, i / size.x % size.y, i / (size.x * size.y)};
        warps[i / warp_size].exists |= 1u << lane_of(i);
    }
}

// False when the block failed, with the reason kept.
bool run_block() {
    while (exited_count < thread_count) {
        bool progress = false;
        for (unsigned i : order) {
            if (threads[i].state != State::ready) {
                continue;
            }
            progress = true;
            current = i;
            emulator_coordinates_now.thread = threads[i].index;
            runner = pthread_self();
            running = true;
            leave(scheduler, fibers[i]);
            running = false;
            if (failed) {
                return false;
            }
        }
        if (!progress) {
            failed = true;
            failure = CUDA_ERROR_LAUNCH_FAILED;
            failure_text = what_runs + ", block " + triple(emulator_coordinates_now.block) + ": " + stuck();
            return false;
        }
    }
    return true;
}

void report_failure() {
    for (Fiber& fiber : fibers) {
        prepare(fiber);  // whatever they were in the middle of
    }
    failed = false;
    report_broken(failure, failure_text);
}

void have_dynamic_memory(unsigned bytes) {
    if (dynamic_end == nullptr) {
        size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        void* memory = mmap(nullptr, dynamic_capacity + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            std::abort();
        }
        mprotect(memory, dynamic_capacity, PROT_READ | PROT_WRITE);
        dynamic_end = static_cast<char*>(memory) + dynamic_capacity;
    }
    // Ends at the page that faults, as far as 16-byte alignment lets it.
    dynamic_start = dynamic_end - (bytes + 15) / 16 * 16;
}

}  // namespace

void run_guarded(const std::string& what, const std::function<void()>& body) {
    catch_faults();
    have_fibers(1);
    what_runs = what;
    launch_now = nullptr;
    guarded_body = &body;
    order.assign(1, 0);
    begin_block(dim3(1));
    if (!run_block()) {
        report_failure();
    }
    guarded_body = nullptr;
}

void run_launch(const Launch& launch) {
    catch_faults();
    unsigned count = launch.block.x * launch.block.y * launch.block.z;
    have_fibers(count);
    have_dynamic_memory(launch.dynamic_bytes);
    what_runs = std::string("kernel ") + launch.kernel->name;
    launch_now = &launch;
    arguments_now.clear();
    for (const auto& argument : launch.arguments) {
        arguments_now.push_back(const_cast<char*>(argument.data()));
    }
    emulator_coordinates_now.block_size = launch.block;
    emulator_coordinates_now.grid_size = launch.grid;
    unsigned long long blocks = 1ull * launch.grid.x * launch.grid.y * launch.grid.z;
    for (unsigned long long i = 0; i < blocks; i++) {
        unsigned long long block = chosen_order() == 1 ? blocks - 1 - i : i;
        emulator_coordinates_now.block = {static_cast<unsigned>(block % launch.grid.x),
                                          static_cast<unsigned>(block / launch.grid.x % launch.grid.y),
                                          static_cast<unsigned>(block / launch.grid.x / launch.grid.y)};
        // Shared memory holds anything when a block begins.
        for (const Range& shared : launch.library->shared) {
            if (shared.bytes() != 0) {
                std::memset(shared.begin, 0xFF, shared.bytes());
            }
        }
        std::memset(dynamic_start, 0xFF, dynamic_end - dynamic_start);
        if (i == 0 || chosen_order() > 1) {
            arrange(order, count, block);
        }
        begin_block(launch.block);
        if (!run_block()) {
            report_failure();
            break;
        }
    }
    launch_now = nullptr;
}

}  // namespace emulator

using namespace emulator;

EMULATOR_EXPORT unsigned emulator_lane() {
    return lane_of(current);
}

EMULATOR_EXPORT void* emulator_dynamic_shared() {
    return dynamic_start;
}

EMULATOR_EXPORT void emulator_trap(const char* what, const char* file, int line) {
    bool assertion = std::strncmp(what, "assert", 6) == 0;
    fail(assertion ? CUDA_ERROR_ASSERT : CUDA_ERROR_LAUNCH_FAILED, std::string(what) + " at " + Place{file, line}.text());
}

EMULATOR_EXPORT int emulator_barrier(int predicate, const char* file, int line) {
    Thread& self = threads[current];
    self.place = {file, line};
    if (exited_count != 0) {
        fail(CUDA_ERROR_LAUNCH_FAILED, "the barrier at " + self.place.text() + " cannot be reached by " +
                                           std::to_string(exited_count) + " threads of the block that ended");
    }
    if (barrier_waiting == 0) {
        barrier_place = self.place;
    } else if (barrier_place != self.place) {
        fail(CUDA_ERROR_LAUNCH_FAILED, "the barrier at " + self.place.text() + " is not the one at " +
                                           barrier_place.text() + " where " + std::to_string(barrier_waiting) +
                                           " threads of the block wait");
    }
    barrier_waiting++;
    barrier_votes += predicate != 0;
    if (barrier_waiting == thread_count) {
        release_barrier();
    } else {
        self.state = State::at_barrier;
        yield();
    }
    return threads[current].barrier_result;
}

EMULATOR_EXPORT uint64_t emulator_warp(WarpOp op, unsigned mask, uint64_t value, unsigned source, const char* file,
                                       int line) {
    Thread& self = threads[current];
    unsigned lane = lane_of(current);
    unsigned first = current - lane;
    Warp& warp = warps[current / warp_size];
    self.place = {file, line};
    if ((mask >> lane & 1) == 0) {
        fail(CUDA_ERROR_LAUNCH_FAILED, "the warp operation at " + self.place.text() + " is not for lane " +
                                           std::to_string(lane) + " that calls it");
    }
    if ((mask & warp.exited) != 0) {
        fail(CUDA_ERROR_LAUNCH_FAILED, "the warp operation at " + self.place.text() + " waits for lanes that ended");
    }
    unsigned group = mask & warp.exists;
    for (unsigned other = 0; other < warp_size; other++) {
        if ((group & warp.waiting) >> other & 1) {
            const Thread& waits = threads[first + other];
            if (waits.op != op || waits.mask != mask || waits.place != self.place) {
                fail(CUDA_ERROR_LAUNCH_FAILED, "the warp operation at " + self.place.text() + " is not the one at " +
                                                   waits.place.text() + " where lane " + std::to_string(other) +
                                                   " waits for this one");
            }
        }
    }
    self.op = op;
    self.mask = mask;
    self.value = value;
    self.source = source;
    warp.waiting |= 1u << lane;
    if ((group & ~warp.waiting) == 0) {
        complete(warp, first, group);
    } else {
        self.state = State::in_warp;
        yield();
    }
    return threads[current].result;
}

// Kernels are compiled with the compiler's own checks of alignment and of indices into arrays of a known size, shared
// memory among them; these are what the checks call when they fail, with the parts of their arguments that are used here.

namespace {

struct CheckedPlace {
    const char* file;
    unsigned line;
    unsigned column;
};

}  // namespace

EMULATOR_EXPORT void __ubsan_handle_type_mismatch_v1(CheckedPlace* place, uintptr_t address) {
    char text[96];
    std::snprintf(text, sizeof text, "misaligned access at address %#zx, ", static_cast<size_t>(address));
    fail(CUDA_ERROR_MISALIGNED_ADDRESS, text + Place{place->file, static_cast<int>(place->line)}.text());
}

EMULATOR_EXPORT void __ubsan_handle_out_of_bounds(CheckedPlace* place, uintptr_t index) {
    fail(CUDA_ERROR_ILLEGAL_ADDRESS, "index " + std::to_string(static_cast<intptr_t>(index)) +
                                         " is outside of the array at " +
                                         Place{place->file, static_cast<int>(place->line)}.text());
}

// 0: ascending, 1: descending, n > 1: shuffled with that seed.
EMULATOR_EXPORT void emulator_set_order(int chosen) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    order_read = true;
    thread_order = chosen;
}
