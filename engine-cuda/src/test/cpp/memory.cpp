// Device memory, pools, pinned host memory, copies and fills.
//
// Device memory is host memory that ends at a page nobody may touch, so that an access past the end faults. A buffer starts
// at a multiple of 256 bytes, as a real one does, which leaves up to 255 bytes between its end and that page; these, and what
// lies before it on its first page, hold a pattern that is checked when it is freed. Freed memory stays reserved for a
// while and may not be touched either.
#include "driver.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <sys/mman.h>
#include <unistd.h>

namespace emulator {
namespace {

constexpr size_t alignment = 256;
constexpr unsigned char canary = 0xA5;
constexpr unsigned char garbage = 0xFF;  // NaN in every float
constexpr size_t quarantine_entries = 1024;

struct HostRange {
    size_t bytes;
    void* mapping;  // null: registered by the program, not allocated here
    size_t mapped;
    unsigned flags;
};

std::map<char*, Allocation> allocations;  // by start
std::map<char*, HostRange> host_ranges;   // by start
std::deque<std::pair<void*, size_t>> quarantine;
size_t allocated[max_devices] = {};

size_t page() {
    static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

size_t round_up(size_t value, size_t unit) {
    return (value + unit - 1) / unit * unit;
}

std::string hex(const void* address) {
    char text[32];
    std::snprintf(text, sizeof text, "%p", address);
    return text;
}

// Pages that fault before and after; null when there is no memory.
char* guarded_pages(size_t bytes, char** mapping, size_t* mapped) {
    size_t inner = round_up(std::max<size_t>(bytes, 1), page());
    *mapped = inner + 2 * page();
    void* all = mmap(nullptr, *mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) {
        return nullptr;
    }
    *mapping = static_cast<char*>(all);
    if (mprotect(*mapping + page(), inner, PROT_READ | PROT_WRITE) != 0) {
        munmap(all, *mapped);
        return nullptr;
    }
    return *mapping + page();
}

// Makes it fault, and keeps the addresses from being used again for a while.
void retire(void* mapping, size_t mapped) {
    mprotect(mapping, mapped, PROT_NONE);
    madvise(mapping, mapped, MADV_DONTNEED);
    quarantine.emplace_back(mapping, mapped);
    if (quarantine.size() > quarantine_entries) {
        munmap(quarantine.front().first, quarantine.front().second);
        quarantine.pop_front();
    }
}

}  // namespace

bool fits(int device, size_t bytes) {
    return bytes <= driver.total_bytes && allocated[device] <= driver.total_bytes - bytes;
}

namespace {

CUresult allocate(CUdeviceptr* address, size_t bytes, Pool* pool) {
    if (address == nullptr || bytes == 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    int device = pool != nullptr ? pool->device : current_device();
    if (!fits(device, bytes)) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    if (pool != nullptr && pool->max_bytes != 0 && pool->used + bytes > pool->max_bytes) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    Allocation made;
    size_t aligned = round_up(bytes, alignment);
    char* inner = guarded_pages(aligned, &made.mapping, &made.mapped);
    if (inner == nullptr) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    char* end = made.mapping + made.mapped - page();
    made.start = end - aligned;
    made.bytes = bytes;
    made.device = device;
    made.pool = pool;
    std::memset(inner, canary, made.start - inner);
    std::memset(made.start, garbage, bytes);
    std::memset(made.start + bytes, canary, aligned - bytes);
    allocations[made.start] = made;
    allocated[device] += bytes;
    if (pool != nullptr) {
        pool->used += bytes;
        pool->used_high = std::max(pool->used_high, pool->used);
        pool->reserved = std::max(pool->reserved, pool->used);
        pool->reserved_high = std::max(pool->reserved_high, pool->reserved);
    }
    *address = reinterpret_cast<CUdeviceptr>(made.start);
    return CUDA_SUCCESS;
}

void check_canary(const Allocation& allocation) {
    const char* inner = allocation.mapping + page();
    const char* end = allocation.mapping + allocation.mapped - page();
    for (const char* at = inner; at < end; at++) {
        if (at == allocation.start) {
            at += allocation.bytes;
            if (at >= end) {
                break;
            }
        }
        if (static_cast<unsigned char>(*at) != canary) {
            report("memory outside of a buffer was written: at byte " +
                   std::to_string(static_cast<long long>(at - allocation.start)) + " of the " +
                   std::to_string(allocation.bytes) + " bytes at " + hex(allocation.start));
            return;
        }
    }
}

void free_now(std::map<char*, Allocation>::iterator entry) {
    Allocation freed = entry->second;
    check_canary(freed);
    allocations.erase(entry);
    allocated[freed.device] -= freed.bytes;
    if (freed.pool != nullptr) {
        freed.pool->used -= freed.bytes;
    }
    retire(freed.mapping, freed.mapped);
}

// A synchronisation gives back what a pool holds above its threshold.
void trim(Pool& pool, uint64_t keep) {
    pool.reserved = std::max(pool.used, std::min(pool.reserved, keep));
}

CUresult no_such_memory(const char* function, const void* address) {
    report(std::string(function) + " of " + hex(address) + ", where no memory starts (freed twice, or never allocated)");
    return CUDA_ERROR_INVALID_VALUE;
}

// Whether it is memory of the current device that the program may still use.
bool device_range(CUdeviceptr address, size_t bytes) {
    Allocation* allocation = allocation_at(address);
    return allocation != nullptr && !allocation->freeing && at_home(allocation->device, current_device(), "memory") &&
           address + bytes <= reinterpret_cast<CUdeviceptr>(allocation->start) + allocation->bytes;
}

bool pool_known(const Pool* pool) {
    return driver.pools.has(pool) || std::any_of(std::begin(driver.device_pools), std::end(driver.device_pools),
                                                 [=](const Pool& each) { return &each == pool; });
}

}  // namespace

size_t live_bytes() {
    return std::accumulate(std::begin(allocated), std::end(allocated), size_t(0));
}

size_t live_allocations() {
    return allocations.size();
}

Allocation* allocation_at(CUdeviceptr address) {
    auto entry = allocations.upper_bound(reinterpret_cast<char*>(address));
    if (entry == allocations.begin()) {
        return nullptr;
    }
    --entry;
    return reinterpret_cast<char*>(address) < entry->second.start + entry->second.bytes ? &entry->second : nullptr;
}

bool is_pinned(const void* address, size_t bytes) {
    char* at = static_cast<char*>(const_cast<void*>(address));
    auto entry = host_ranges.upper_bound(at);
    if (entry == host_ranges.begin()) {
        return false;
    }
    --entry;
    return at + bytes <= entry->first + entry->second.bytes;
}

size_t release_all_memory(int device) {
    size_t released = 0;
    for (auto entry = allocations.begin(); entry != allocations.end();) {
        auto next = std::next(entry);
        if (entry->second.device == device) {
            free_now(entry);
            released++;
        }
        entry = next;
    }
    return released;
}

// A synchronisation of all streams has happened.
void trim_pools() {
    for (Pool& pool : driver.device_pools) {
        trim(pool, pool.release_threshold);
    }
    for (Pool* pool : driver.pools.all()) {
        trim(*pool, pool->release_threshold);
    }
}

namespace {

// A copy whose ends are known to be good when it is queued. The driver reads pageable memory at the call, and pinned
// memory when the copy runs; only the second lets a program see that it reused a buffer too early.
CUresult copy(char* to, const char* from, size_t bytes, Stream* stream, bool from_host, bool to_host) {
    if (bytes == 0) {
        return CUDA_SUCCESS;
    }
    if (!from_host && !device_range(reinterpret_cast<CUdeviceptr>(from), bytes)) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (!to_host && !device_range(reinterpret_cast<CUdeviceptr>(to), bytes)) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if ((from_host && from == nullptr) || (to_host && to == nullptr)) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (from_host && !is_pinned(from, bytes)) {
        auto snapshot = std::make_shared<std::vector<char>>(from, from + bytes);
        enqueue(*stream, [=] { std::memmove(to, snapshot->data(), bytes); });
        return CUDA_SUCCESS;
    }
    enqueue(*stream, [=] { std::memmove(to, from, bytes); });
    return to_host && !is_pinned(to, bytes) ? drain(*stream) : CUDA_SUCCESS;
}

CUresult copy_async(void* to, const void* from, size_t bytes, const void* handle, bool from_host, bool to_host) {
    return with_context([&]() -> CUresult {
        Stream* stream;
        CUresult found = stream_of(handle, &stream);
        if (found != CUDA_SUCCESS) {
            return found;
        }
        return copy(static_cast<char*>(to), static_cast<const char*>(from), bytes, stream, from_host, to_host);
    });
}

CUresult copy_now(void* to, const void* from, size_t bytes, bool from_host, bool to_host) {
    return with_context([&]() -> CUresult {
        CUresult queued =
            copy(static_cast<char*>(to), static_cast<const char*>(from), bytes, &driver.legacy, from_host, to_host);
        return queued != CUDA_SUCCESS ? queued : drain(driver.legacy);
    });
}

void* pointer(CUdeviceptr address) {
    return reinterpret_cast<void*>(address);
}

template <typename Unit>
CUresult fill(CUdeviceptr to, Unit value, size_t count, const void* handle, bool wait) {
    return with_context([&]() -> CUresult {
        Stream* stream;
        CUresult found = stream_of(handle, &stream);
        if (found != CUDA_SUCCESS) {
            return found;
        }
        if (count == 0) {
            return CUDA_SUCCESS;
        }
        if (to % sizeof(Unit) != 0 || !device_range(to, count * sizeof(Unit))) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        enqueue(*stream, [=] { std::fill_n(static_cast<Unit*>(pointer(to)), count, value); });
        return wait ? drain(*stream) : CUDA_SUCCESS;
    });
}

struct Copy2D {
    size_t src_x, src_y;
    int src_type;
    const void* src_host;
    CUdeviceptr src_device;
    void* src_array;
    size_t src_pitch;
    size_t dst_x, dst_y;
    int dst_type;
    void* dst_host;
    CUdeviceptr dst_device;
    void* dst_array;
    size_t dst_pitch;
    size_t width, height;
};

constexpr int memory_host = 1;
constexpr int memory_device = 2;
constexpr int memory_unified = 4;

bool is_host(int type, CUdeviceptr unified) {
    return type == memory_host || (type == memory_unified && allocation_at(unified) == nullptr);
}

CUresult copy_2d(const Copy2D* wanted, const void* handle, bool wait) {
    return with_context([&]() -> CUresult {
        Stream* stream;
        CUresult found = stream_of(handle, &stream);
        if (found != CUDA_SUCCESS) {
            return found;
        }
        const Copy2D& c = *wanted;
        for (int type : {c.src_type, c.dst_type}) {
            if (type != memory_host && type != memory_device && type != memory_unified) {
                return CUDA_ERROR_NOT_SUPPORTED;
            }
        }
        if (c.width == 0 || c.height == 0) {
            return CUDA_SUCCESS;
        }
        size_t src_pitch = c.src_pitch == 0 ? c.src_x + c.width : c.src_pitch;
        size_t dst_pitch = c.dst_pitch == 0 ? c.dst_x + c.width : c.dst_pitch;
        if (src_pitch < c.src_x + c.width || dst_pitch < c.dst_x + c.width) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        bool from_host = is_host(c.src_type, c.src_device);
        bool to_host = is_host(c.dst_type, c.dst_device);
        const char* from = c.src_type == memory_host ? static_cast<const char*>(c.src_host)
                                                     : static_cast<const char*>(pointer(c.src_device));
        char* to = c.dst_type == memory_host ? static_cast<char*>(c.dst_host) : static_cast<char*>(pointer(c.dst_device));
        from += c.src_y * src_pitch + c.src_x;
        to += c.dst_y * dst_pitch + c.dst_x;
        for (size_t row = 0; row < c.height; row++) {
            CUresult queued = copy(to + row * dst_pitch, from + row * src_pitch, c.width, stream, from_host, to_host);
            if (queued != CUDA_SUCCESS) {
                return queued;
            }
        }
        return wait ? drain(*stream) : CUDA_SUCCESS;
    });
}

}  // namespace
}  // namespace emulator

using namespace emulator;

EMULATOR_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
    return with_context([&]() -> CUresult {
        CUresult refused = outside_captures();
        return refused != CUDA_SUCCESS ? refused : allocate(address, bytes, nullptr);
    });
}

EMULATOR_EXPORT CUresult cuMemFree_v2(CUdeviceptr address) {
    return with_context([&]() -> CUresult {
        if (address == 0) {
            return CUDA_SUCCESS;
        }
        CUresult waited = drain_all();
        if (waited != CUDA_SUCCESS) {
            return waited;
        }
        auto entry = allocations.find(static_cast<char*>(pointer(address)));
        if (entry == allocations.end()) {
            return no_such_memory("cuMemFree", pointer(address));
        }
        free_now(entry);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemAllocFromPoolAsync(CUdeviceptr* address, size_t bytes, Pool* pool, const void* handle) {
    return with_context([&]() -> CUresult {
        Stream* stream;
        CUresult found = stream_of(handle, &stream);
        if (found != CUDA_SUCCESS) {
            return found;
        }
        // A real one makes the allocation part of the graph, which nobody here means.
        if (outside_capture(*stream) != CUDA_SUCCESS) {
            return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
        if (!pool_known(pool) || !at_home(pool->device, device_of(*stream), "a memory pool")) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        return allocate(address, bytes, pool);
    });
}

EMULATOR_EXPORT CUresult cuMemAllocAsync(CUdeviceptr* address, size_t bytes, const void* handle) {
    return cuMemAllocFromPoolAsync(address, bytes, driver.current_pools[current_device()], handle);
}

EMULATOR_EXPORT CUresult cuMemFreeAsync(CUdeviceptr address, const void* handle) {
    return with_context([&]() -> CUresult {
        Stream* stream;
        CUresult found = stream_of(handle, &stream);
        if (found != CUDA_SUCCESS || address == 0) {
            return found;
        }
        if (outside_capture(*stream) != CUDA_SUCCESS) {
            return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
        char* start = static_cast<char*>(pointer(address));
        auto entry = allocations.find(start);
        if (entry == allocations.end() || entry->second.freeing) {
            return no_such_memory("cuMemFreeAsync", start);
        }
        if (entry->second.pool == nullptr || !at_home(entry->second.device, device_of(*stream), "memory")) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        entry->second.freeing = true;
        enqueue(*stream, [=] {
            auto freed = allocations.find(start);
            if (freed != allocations.end()) {
                free_now(freed);
            }
        });
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total) {
    return with_context([&]() -> CUresult {
        *free_bytes = driver.total_bytes - std::min(driver.total_bytes, allocated[current_device()]);
        *total = driver.total_bytes;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr address) {
    return with_context([&]() -> CUresult {
        Allocation* allocation = allocation_at(address);
        if (allocation == nullptr) {
            return CUDA_ERROR_NOT_FOUND;
        }
        if (base != nullptr) {
            *base = reinterpret_cast<CUdeviceptr>(allocation->start);
        }
        if (bytes != nullptr) {
            *bytes = allocation->bytes;
        }
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuPointerGetAttribute(void* value, int attribute, CUdeviceptr address) {
    return with_context([&]() -> CUresult {
        Allocation* allocation = allocation_at(address);
        bool pinned = is_pinned(pointer(address), 1);
        if (allocation == nullptr && !pinned) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        switch (attribute) {
            case 1:  // context
                *static_cast<Context**>(value) = current_contexts.back();
                return CUDA_SUCCESS;
            case 2:  // memory type
                *static_cast<int*>(value) = allocation != nullptr ? memory_device : memory_host;
                return CUDA_SUCCESS;
            case 3:  // device pointer
                *static_cast<CUdeviceptr*>(value) = address;
                return CUDA_SUCCESS;
            case 4:  // host pointer
                if (!pinned) {
                    return CUDA_ERROR_INVALID_VALUE;
                }
                *static_cast<CUdeviceptr*>(value) = address;
                return CUDA_SUCCESS;
            case 8:  // managed
                *static_cast<int*>(value) = 0;
                return CUDA_SUCCESS;
            case 9:  // device
                *static_cast<int*>(value) = allocation != nullptr ? allocation->device : current_device();
                return CUDA_SUCCESS;
            default:
                return CUDA_ERROR_NOT_SUPPORTED;
        }
    });
}

// Pools.

namespace {

struct PoolProperties {
    int allocation_type;
    int handle_types;
    int location_type;
    int location_id;
    void* security;
    size_t max_bytes;
    unsigned short usage;
    unsigned char reserved[54];
};

}  // namespace

EMULATOR_EXPORT CUresult cuMemPoolCreate(Pool** pool, const PoolProperties* properties) {
    return with_driver([&]() -> CUresult {
        if (pool == nullptr || properties == nullptr || properties->allocation_type != 1 ||
            properties->location_type != 1 || properties->location_id < 0 ||
            properties->location_id >= driver.devices) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        *pool = driver.pools.create();
        (*pool)->max_bytes = properties->max_bytes;
        (*pool)->device = properties->location_id;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemPoolDestroy(Pool* pool) {
    return with_driver([&]() -> CUresult {
        if (!driver.pools.has(pool)) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        driver.pools.destroy(pool);
        if (driver.current_pools[pool->device] == pool) {
            driver.current_pools[pool->device] = &driver.device_pools[pool->device];
        }
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemPoolTrimTo(Pool* pool, size_t keep) {
    return with_driver([&]() -> CUresult {
        if (!pool_known(pool)) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        trim(*pool, keep);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDeviceGetDefaultMemPool(Pool** pool, CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (device < 0 || device >= driver.devices) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        *pool = &driver.device_pools[device];
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDeviceGetMemPool(Pool** pool, CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (device < 0 || device >= driver.devices) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        *pool = driver.current_pools[device];
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDeviceSetMemPool(CUdevice device, Pool* pool) {
    return with_driver([&]() -> CUresult {
        if (device < 0 || device >= driver.devices || !pool_known(pool) || pool->device != device) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        driver.current_pools[device] = pool;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemPoolSetAttribute(Pool* pool, int attribute, void* value) {
    return with_driver([&]() -> CUresult {
        if (!pool_known(pool) || value == nullptr) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        uint64_t wide = attribute >= 4 ? *static_cast<uint64_t*>(value) : 0;
        switch (attribute) {
            case 1:
            case 2:
            case 3:
                pool->reuse[attribute] = *static_cast<int*>(value);
                return CUDA_SUCCESS;
            case 4:
                pool->release_threshold = wide;
                return CUDA_SUCCESS;
            case 6:
            case 8:  // the high marks may only be reset
                if (wide != 0) {
                    return CUDA_ERROR_INVALID_VALUE;
                }
                (attribute == 6 ? pool->reserved_high : pool->used_high) = attribute == 6 ? pool->reserved : pool->used;
                return CUDA_SUCCESS;
            default:
                return CUDA_ERROR_INVALID_VALUE;
        }
    });
}

EMULATOR_EXPORT CUresult cuMemPoolGetAttribute(Pool* pool, int attribute, void* value) {
    return with_driver([&]() -> CUresult {
        if (!pool_known(pool) || value == nullptr || attribute < 1 || attribute > 8) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        if (attribute <= 3) {
            *static_cast<int*>(value) = pool->reuse[attribute];
            return CUDA_SUCCESS;
        }
        const uint64_t values[] = {pool->release_threshold, pool->reserved, pool->reserved_high, pool->used,
                                   pool->used_high};
        *static_cast<uint64_t*>(value) = values[attribute - 4];
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemPoolSetAccess(Pool* pool, const void*, size_t) {
    return with_driver([&]() -> CUresult { return pool_known(pool) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; });
}

// Pinned host memory.

namespace {

bool overlaps(char* from, size_t bytes) {
    auto entry = host_ranges.upper_bound(from + bytes - 1);
    if (entry == host_ranges.begin()) {
        return false;
    }
    --entry;
    return entry->first + entry->second.bytes > from;
}

CUresult host_allocate(void** address, size_t bytes, unsigned flags) {
    if (address == nullptr || bytes == 0 || (flags & ~7u) != 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    char* mapping;
    size_t mapped;
    char* start = guarded_pages(bytes, &mapping, &mapped);
    if (start == nullptr) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    std::memset(start, garbage, bytes);
    host_ranges[start] = {bytes, mapping, mapped, flags};
    *address = start;
    return CUDA_SUCCESS;
}

}  // namespace

EMULATOR_EXPORT CUresult cuMemHostAlloc(void** address, size_t bytes, unsigned flags) {
    return with_context([&]() -> CUresult { return host_allocate(address, bytes, flags); });
}

EMULATOR_EXPORT CUresult cuMemAllocHost_v2(void** address, size_t bytes) {
    return with_context([&]() -> CUresult { return host_allocate(address, bytes, 0); });
}

EMULATOR_EXPORT CUresult cuMemFreeHost(void* address) {
    return with_context([&]() -> CUresult {
        auto entry = host_ranges.find(static_cast<char*>(address));
        if (entry == host_ranges.end() || entry->second.mapping == nullptr) {
            return no_such_memory("cuMemFreeHost", address);
        }
        CUresult waited = drain_all();
        if (waited != CUDA_SUCCESS) {
            return waited;
        }
        retire(entry->second.mapping, entry->second.mapped);
        host_ranges.erase(entry);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemHostRegister_v2(void* address, size_t bytes, unsigned flags) {
    return with_context([&]() -> CUresult {
        if (address == nullptr || bytes == 0 || (flags & ~15u) != 0) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        CUresult refused = outside_captures();
        if (refused != CUDA_SUCCESS) {
            return refused;
        }
        char* start = static_cast<char*>(address);
        if (overlaps(start, bytes)) {
            return CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
        }
        host_ranges[start] = {bytes, nullptr, 0, flags};
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemHostUnregister(void* address) {
    return with_context([&]() -> CUresult {
        auto entry = host_ranges.find(static_cast<char*>(address));
        if (entry == host_ranges.end() || entry->second.mapping != nullptr) {
            return CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
        }
        CUresult waited = drain_all();
        host_ranges.erase(entry);
        return waited;
    });
}

EMULATOR_EXPORT CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* address, void* host, unsigned flags) {
    return with_context([&]() -> CUresult {
        if (flags != 0 || !is_pinned(host, 1)) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        *address = reinterpret_cast<CUdeviceptr>(host);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuMemHostGetFlags(unsigned* flags, void* host) {
    return with_context([&]() -> CUresult {
        auto entry = host_ranges.find(static_cast<char*>(host));
        if (entry == host_ranges.end()) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        *flags = entry->second.flags;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT uint64_t emulator_pinned_ranges() {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    return host_ranges.size();
}

// Copies.

EMULATOR_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
    return copy_now(pointer(to), from, bytes, true, false);
}

EMULATOR_EXPORT CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
    return copy_now(to, pointer(from), bytes, false, true);
}

EMULATOR_EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return copy_now(pointer(to), pointer(from), bytes, false, false);
}

EMULATOR_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, const void* stream) {
    return copy_async(pointer(to), from, bytes, stream, true, false);
}

EMULATOR_EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, const void* stream) {
    return copy_async(to, pointer(from), bytes, stream, false, true);
}

EMULATOR_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, const void* stream) {
    return copy_async(pointer(to), pointer(from), bytes, stream, false, false);
}

EMULATOR_EXPORT CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return copy_now(pointer(to), pointer(from), bytes, allocation_at(from) == nullptr, allocation_at(to) == nullptr);
}

EMULATOR_EXPORT CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, const void* stream) {
    return copy_async(pointer(to), pointer(from), bytes, stream, allocation_at(from) == nullptr,
                      allocation_at(to) == nullptr);
}

EMULATOR_EXPORT CUresult cuMemcpy2D_v2(const Copy2D* copy) {
    return copy_2d(copy, nullptr, true);
}

EMULATOR_EXPORT CUresult cuMemcpy2DUnaligned_v2(const Copy2D* copy) {
    return copy_2d(copy, nullptr, true);
}

EMULATOR_EXPORT CUresult cuMemcpy2DAsync_v2(const Copy2D* copy, const void* stream) {
    return copy_2d(copy, stream, false);
}

EMULATOR_EXPORT CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
    return fill(to, value, count, nullptr, true);
}

EMULATOR_EXPORT CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count) {
    return fill(to, value, count, nullptr, true);
}

EMULATOR_EXPORT CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
    return fill(to, value, count, nullptr, true);
}

EMULATOR_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, const void* stream) {
    driver.launches["cuMemsetD8Async"]++;
    return fill(to, value, count, stream, false);
}

EMULATOR_EXPORT CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, const void* stream) {
    return fill(to, value, count, stream, false);
}

EMULATOR_EXPORT CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, const void* stream) {
    return fill(to, value, count, stream, false);
}
