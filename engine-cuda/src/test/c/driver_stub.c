/* Stands in for the NVIDIA driver's library in tests of the probe: no GPU, and every call that asks for one answers with
 * the CUresult in GOSSAMER_STUB_RESULT. GOSSAMER_STUB_VERSION is the newest CUDA that it claims to know. */
#include <stdlib.h>

static int number(const char *variable, int otherwise) {
    const char *text = getenv(variable);
    return text ? atoi(text) : otherwise;
}

static int result(void) {
    return number("GOSSAMER_STUB_RESULT", 100);
}

int cuInit(unsigned flags) {
    (void) flags;
    return result();
}

int cuDriverGetVersion(int *version) {
    *version = number("GOSSAMER_STUB_VERSION", 13000);
    return 0;
}

int cuDeviceGetCount(int *count) {
    *count = 0;
    return result();
}

int cuGetErrorString(int error, const char **text) {
    (void) error;
    *text = "an error of the stub";
    return 0;
}

int cuGetErrorName(int error, const char **name) {
    (void) error;
    *name = "STUB_ERROR";
    return 0;
}
