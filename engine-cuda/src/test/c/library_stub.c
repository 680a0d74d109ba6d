/* Stands in for cuBLAS, cuSPARSE and NVRTC in tests of loading: the one function of each that tells its version, with the
 * symbol version that the build gives it. MAJOR, MINOR and PATCH are what it tells. */
int cublasGetProperty(int type, int *value) {
    *value = type == 0 ? MAJOR : type == 1 ? MINOR : PATCH;
    return 0;
}

int cusparseGetProperty(int type, int *value) {
    return cublasGetProperty(type, value);
}

int nvrtcVersion(int *major, int *minor) {
    *major = MAJOR;
    *minor = MINOR;
    return 0;
}
