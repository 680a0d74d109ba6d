package dev.gossamer.cuda;

import static jcuda.driver.CUresult.CUDA_ERROR_ASSERT;
import static jcuda.driver.CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_CONTEXT;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_HANDLE;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_VALUE;
import static jcuda.driver.CUresult.CUDA_ERROR_LAUNCH_FAILED;
import static jcuda.driver.CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
import static jcuda.driver.CUresult.CUDA_ERROR_MISALIGNED_ADDRESS;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_FOUND;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_READY;
import static jcuda.driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY;
import static jcuda.driver.CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
import static jcuda.driver.CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The emulator is strict where a GPU is: each kind of mistake shows, and correct programs get correct answers. */
@EnabledIfSystemProperty(named = Emulator.PROPERTY, matches = "true")
class EmulatorTest {

    private static final int N = 1000;

    private Emulator emulator;
    private byte[] image;
    private CUmodule module;
    private CUstream stream;
    private final List<CUdeviceptr> buffers = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        emulator = Emulator.load();
        emulator.clearErrors();
        emulator.clearLaunches();
        image = emulator.image("test", Path.of("src/test/cuda/emulator_test.cu"));
        must(JCudaDriver.cuInit(0));
        CUcontext context = new CUcontext();
        must(JCudaDriver.cuDevicePrimaryCtxRetain(context, device()));
        must(JCudaDriver.cuCtxSetCurrent(context));
        module = new CUmodule();
        must(JCudaDriver.cuModuleLoadData(module, image));
        stream = stream();
    }

    @AfterEach
    void close() {
        emulator.setOrder(Emulator.ASCENDING);
        emulator.setTotalBytes(Emulator.MEMORY);
        emulator.clearErrors();
        JCudaDriver.cuStreamDestroy(stream);
        buffers.forEach(JCudaDriver::cuMemFree);
        JCudaDriver.cuModuleUnload(module);
        assertThat(JCudaDriver.cuDevicePrimaryCtxRelease(device())).isEqualTo(CUDA_SUCCESS);
    }

    // Kernels.

    @ParameterizedTest
    @ValueSource(ints = {Emulator.ASCENDING, Emulator.DESCENDING, 7})
    void barriersOrderThreads(int order) {
        emulator.setOrder(order);
        CUdeviceptr x = upload(numbers(N));
        CUdeviceptr sums = allocate(4 * Float.BYTES);
        launch("tree_sum", 4, 256, args(x, sums, N));

        float[] got = download(sums, 4);
        assertThat(got[0] + got[1] + got[2] + got[3]).isEqualTo(N * (N + 1) / 2f);
        assertThat(emulator.launches("tree_sum")).isEqualTo(1);
    }

    @Test
    void orderShowsMissingBarrier() {
        CUdeviceptr x = upload(numbers(256));
        float[] right = numbers(256);
        for (int i = 0; i < 256; i++) {
            right[i] = 256 - i;
        }
        for (int order : new int[] {Emulator.ASCENDING, Emulator.DESCENDING, 7}) {
            emulator.setOrder(order);
            CUdeviceptr y = allocate(256 * Float.BYTES);
            launch("reverse_without_barrier", 1, 256, args(x, y));
            assertThat(download(y, 256)).isNotEqualTo(right);
        }
    }

    @Test
    void shufflesScan() {
        int[] ones = IntStream.generate(() -> 1).limit(64).toArray();
        CUdeviceptr x = allocate(64 * Integer.BYTES);
        must(JCudaDriver.cuMemcpyHtoD(x, Pointer.to(ones), 64 * Integer.BYTES));
        CUdeviceptr y = allocate(64 * Integer.BYTES);
        CUdeviceptr wide = allocate(64 * Long.BYTES);
        launch("scan", 1, 64, args(x, y, wide));

        int[] expected = IntStream.range(0, 64).map(i -> i % 32 + 1).toArray();
        assertThat(downloadInts(y, 64)).isEqualTo(expected);
        long[] got = new long[64];
        must(JCudaDriver.cuMemcpyDtoH(Pointer.to(got), wide, 64 * Long.BYTES));
        assertThat(got)
                .isEqualTo(IntStream.of(expected).mapToLong(i -> (long) i << 32).toArray());
    }

    @Test
    void warpsVote() {
        float[] values = numbers(64);
        for (int i = 0; i < 64; i += 2) {
            values[i] = -values[i];
        }
        CUdeviceptr words = allocate(8 * Integer.BYTES);
        CUdeviceptr last = allocate(6 * Float.BYTES);
        launch("votes", 1, 64, args(upload(values), words, last));

        int half = 0xaaaaaaaa;
        assertThat(downloadInts(words, 8)).containsExactly(half, 1, 0, 32, half, 1, 0, 32);
        assertThat(download(last, 6)).containsExactly(32, 32, 2, 64, 64, 34);
    }

    @Test
    void gridStridesAndAtomicsCount() {
        int[] values = IntStream.range(0, N).toArray();
        CUdeviceptr x = allocate((long) N * Integer.BYTES);
        must(JCudaDriver.cuMemcpyHtoD(x, Pointer.to(values), (long) N * Integer.BYTES));
        CUdeviceptr counts = allocate(4 * Integer.BYTES);
        CUdeviceptr largest = allocate(Integer.BYTES);
        must(JCudaDriver.cuMemsetD32Async(counts, 0, 4, stream));
        must(JCudaDriver.cuMemsetD32Async(largest, 0, 1, stream));
        launch("histogram", 3, 64, args(x, N, counts, largest));

        assertThat(downloadInts(counts, 4)).containsOnly(N / 4);
        assertThat(downloadInts(largest, 1)).containsExactly(N - 1);
    }

    @Test
    void sharedMemoryBeginsAsGarbage() {
        CUdeviceptr garbage = allocate(Integer.BYTES);
        must(JCudaDriver.cuMemsetD32Async(garbage, 0, 1, stream));
        int launched = JCudaDriver.cuLaunchKernel(
                function("fresh_shared"), 5, 1, 1, 32, 1, 1, 128, stream, args(garbage), null);
        assertThat(launched).isEqualTo(CUDA_SUCCESS);

        assertThat(downloadInts(garbage, 1)).containsExactly(5 * 32 * 3);
    }

    @Test
    void macrosMakeKernelsAndGlobalsHaveAddresses() {
        CUdeviceptr x = allocate(32 * Integer.BYTES);
        launch("fill_int", 1, 32, args(x, 5));
        assertThat(downloadInts(x, 32)).containsOnly(5);

        CUdeviceptr weights = new CUdeviceptr();
        long[] bytes = new long[1];
        must(JCudaDriver.cuModuleGetGlobal(weights, bytes, module, "weights"));
        assertThat(bytes[0]).isEqualTo(4 * Float.BYTES);
    }

    // What kernels do wrong.

    /** Behind a buffer, and in the first page of all, which nobody has. */
    @ParameterizedTest
    @CsvSource({"true, 64", "true, 100", "false, 16"})
    void accessOutsideOfMemoryFails(boolean allocated, long index) {
        CUdeviceptr x = allocate(64 * Float.BYTES);
        launch("write_at", 1, 1, args(allocated ? x : new CUdeviceptr(), index));

        assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS);
        assertThat(emulator.errors()).singleElement().asString().contains("kernel write_at", "illegal access");
        assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 64)).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS);
        emulator.clearErrors();
        launch("write_at", 1, 1, args(x, 63L));
        assertThat(download(x, 64)[63]).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 7, -1})
    void writeBesideBufferShowsWhenFreed(long index) {
        CUdeviceptr x = new CUdeviceptr();
        must(JCudaDriver.cuMemAlloc(x, 3 * Float.BYTES));
        launch("write_at", 1, 1, args(x, index));
        must(JCudaDriver.cuMemFree(x));

        assertThat(emulator.errors())
                .singleElement()
                .asString()
                .contains("outside of a buffer", "byte " + index * Float.BYTES);
    }

    @Test
    void misalignedQuadFails() {
        CUdeviceptr x = upload(numbers(8));
        CUdeviceptr y = allocate(Float.BYTES);
        launch("read_quad", 1, 1, args(x, y));
        assertThat(download(y, 1)).containsExactly(5);

        launch("read_quad", 1, 1, args(x.withByteOffset(4), y));
        assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_MISALIGNED_ADDRESS);
        assertThat(emulator.errors()).singleElement().asString().contains("read_quad", "misaligned");
    }

    @Test
    void indexOutsideOfSharedArrayFails() {
        launch("shared_index", 1, 32, args(allocate(32 * Float.BYTES), 0));
        must(JCudaDriver.cuStreamSynchronize(stream));

        launch("shared_index", 1, 32, args(allocate(32 * Float.BYTES), 1));
        assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS);
        assertThat(emulator.errors()).singleElement().asString().contains("thread (31, 0, 0)", "index 32 is outside");
    }

    @Test
    void freedMemoryFails() {
        CUdeviceptr x = new CUdeviceptr();
        must(JCudaDriver.cuMemAlloc(x, 64));
        must(JCudaDriver.cuMemFree(x));
        launch("write_at", 1, 1, args(x, 0L));

        assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"diverge", "leave_early", "half_a_warp", "wait_for_each_other"})
    void divergenceFails(String kernel) {
        CUdeviceptr x = allocate(64 * Integer.BYTES);
        launch(kernel, 1, 64, kernel.equals("leave_early") ? args(x, 16) : args(x));

        assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_LAUNCH_FAILED);
        assertThat(emulator.errors()).singleElement().asString().contains(kernel, "emulator_test.cu:");
    }

    @Test
    void assertionFails() {
        launch("check", 1, 1, args(1));
        must(JCudaDriver.cuStreamSynchronize(stream));
        launch("check", 1, 1, args(2));

        assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_ASSERT);
        assertThat(emulator.errors()).singleElement().asString().contains("assert(value == 1)");
    }

    // What programs do wrong with streams.

    @Test
    void streamsAreLazyUntilSomebodyWaits() {
        AtomicInteger ran = new AtomicInteger();
        must(JCudaDriver.cuLaunchHostFunc(stream, data -> ran.incrementAndGet(), null));
        assertThat(ran).hasValue(0);
        assertThat(JCudaDriver.cuStreamQuery(stream)).isEqualTo(CUDA_ERROR_NOT_READY);
        assertThat(JCudaDriver.cuStreamQuery(stream)).isEqualTo(CUDA_SUCCESS);
        assertThat(ran).hasValue(1);
    }

    @Test
    void missingWaitReadsOldData() {
        CUstream other = stream();
        CUevent ready = new CUevent();
        must(JCudaDriver.cuEventCreate(ready, 0));
        CUdeviceptr x = upload(numbers(4));
        CUdeviceptr y = upload(numbers(4));
        launch("scale", 1, 32, args(x, 10f, 4L));
        must(JCudaDriver.cuEventRecord(ready, stream));
        must(JCudaDriver.cuMemcpyDtoDAsync(y, x, 4 * Float.BYTES, other));
        must(JCudaDriver.cuStreamSynchronize(other));
        assertThat(download(y, 4)).containsExactly(1, 2, 3, 4);

        must(JCudaDriver.cuStreamWaitEvent(other, ready, 0));
        must(JCudaDriver.cuMemcpyDtoDAsync(y, x, 4 * Float.BYTES, other));
        must(JCudaDriver.cuStreamSynchronize(other));
        assertThat(download(y, 4)).containsExactly(10, 20, 30, 40);
        must(JCudaDriver.cuEventDestroy(ready));
        must(JCudaDriver.cuStreamDestroy(other));
    }

    @Test
    void waitIsForTheRecordAtTheCall() {
        CUstream other = stream();
        CUevent event = new CUevent();
        must(JCudaDriver.cuEventCreate(event, 0));
        CUdeviceptr x = upload(numbers(4));
        launch("scale", 1, 32, args(x, 10f, 4L));
        must(JCudaDriver.cuEventRecord(event, stream));
        must(JCudaDriver.cuStreamWaitEvent(other, event, 0));
        launch("scale", 1, 32, args(x, 10f, 4L));
        must(JCudaDriver.cuEventRecord(event, stream));
        CUdeviceptr y = allocate(4 * Float.BYTES);
        must(JCudaDriver.cuMemcpyDtoDAsync(y, x, 4 * Float.BYTES, other));
        must(JCudaDriver.cuStreamSynchronize(other));

        assertThat(download(y, 4)).containsExactly(10, 20, 30, 40);
        must(JCudaDriver.cuEventSynchronize(event));
        assertThat(download(x, 4)).containsExactly(100, 200, 300, 400);
        must(JCudaDriver.cuEventDestroy(event));
        must(JCudaDriver.cuStreamDestroy(other));
    }

    @Test
    void stagingReusedTooEarlyShows() {
        Pointer staging = new Pointer();
        must(JCudaDriver.cuMemAllocHost(staging, 4 * Float.BYTES));
        FloatBuffer floats = staging.getByteBuffer(0, 4 * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        CUdeviceptr x = allocate(4 * Float.BYTES);
        floats.put(numbers(4)).flip();
        must(JCudaDriver.cuMemcpyHtoDAsync(x, staging, 4 * Float.BYTES, stream));
        floats.put(0, 99f);
        assertThat(download(x, 4)).containsExactly(99, 2, 3, 4);

        ByteBuffer pageable = ByteBuffer.allocateDirect(4 * Float.BYTES).order(ByteOrder.nativeOrder());
        pageable.asFloatBuffer().put(numbers(4));
        must(JCudaDriver.cuMemcpyHtoDAsync(x, Pointer.to(pageable), 4 * Float.BYTES, stream));
        pageable.putFloat(0, 99f);
        assertThat(download(x, 4)).containsExactly(1, 2, 3, 4);
        must(JCudaDriver.cuMemFreeHost(staging));
    }

    @Test
    void capturedGraphRunsAgain() {
        CUdeviceptr x = upload(numbers(4));
        CUgraph graph = new CUgraph();
        CUgraphExec executable = new CUgraphExec();
        must(JCudaDriver.cuStreamBeginCapture(stream, 0));
        launch("scale", 1, 32, args(x, 10f, 4L));
        must(JCudaDriver.cuStreamEndCapture(stream, graph));
        must(JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        assertThat(download(x, 4)).containsExactly(1, 2, 3, 4);

        must(JCudaDriver.cuGraphLaunch(executable, stream));
        must(JCudaDriver.cuGraphLaunch(executable, stream));
        assertThat(download(x, 4)).containsExactly(100, 200, 300, 400);
        must(JCudaDriver.cuGraphExecDestroy(executable));
        must(JCudaDriver.cuGraphDestroy(graph));
        assertThat(emulator.liveGraphs()).isZero();
    }

    /** What a captured stream cannot take leaves no graph, and the stream as it was. */
    @Test
    void captureEndsWithoutGraphAfterUnsafeCall() {
        CUdeviceptr x = upload(numbers(4));
        List<IntSupplier> unsafe = List.of(
                () -> JCudaDriver.cuStreamSynchronize(stream),
                () -> JCudaDriver.cuStreamQuery(stream),
                () -> JCudaDriver.cuMemAlloc(new CUdeviceptr(), 4),
                () -> JCudaDriver.cuMemAllocAsync(new CUdeviceptr(), 4, stream),
                () -> JCudaDriver.cuMemFreeAsync(x, stream));
        for (IntSupplier call : unsafe) {
            CUgraph graph = new CUgraph();
            must(JCudaDriver.cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
            launch("scale", 1, 32, args(x, 10f, 4L));
            assertThat(call.getAsInt()).isEqualTo(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
            assertThat(JCudaDriver.cuStreamEndCapture(stream, graph)).isEqualTo(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
            assertThat(download(x, 4)).containsExactly(1, 2, 3, 4);
        }
        assertThat(emulator.liveGraphs()).isZero();
    }

    // Memory and handles.

    @Test
    void freshMemoryIsNaN() {
        assertThat(download(allocate(64 * Float.BYTES), 64)).containsOnly(Float.NaN);
    }

    @Test
    void memoryIsCountedAndLimited() {
        long before = emulator.liveBytes();
        CUdeviceptr x = new CUdeviceptr();
        must(JCudaDriver.cuMemAllocAsync(x, 1000, stream));
        assertThat(emulator.liveBytes()).isEqualTo(before + 1000);
        must(JCudaDriver.cuMemFreeAsync(x, stream));
        must(JCudaDriver.cuStreamSynchronize(stream));
        assertThat(emulator.liveBytes()).isEqualTo(before);

        emulator.setTotalBytes(1 << 20);
        assertThat(JCudaDriver.cuMemAlloc(x, 2 << 20)).isEqualTo(CUDA_ERROR_OUT_OF_MEMORY);
        assertThat(emulator.errors()).isEmpty();
    }

    @Test
    void secondFreeIsReported() {
        CUdeviceptr x = new CUdeviceptr();
        must(JCudaDriver.cuMemAlloc(x, 64));
        must(JCudaDriver.cuMemFree(x));
        assertThat(JCudaDriver.cuMemFree(x)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(emulator.errors()).singleElement().asString().contains("cuMemFree", "freed twice");

        must(JCudaDriver.cuMemAllocAsync(x, 64, stream));
        must(JCudaDriver.cuMemFreeAsync(x, stream));
        assertThat(JCudaDriver.cuMemFreeAsync(x, stream)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(emulator.errors()).hasSize(2);
    }

    @Test
    void copiesOutsideOfMemoryAreRefused() {
        CUdeviceptr x = allocate(16);
        Pointer host = Pointer.to(new float[8]);
        assertThat(JCudaDriver.cuMemcpyHtoD(x, host, 17)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemcpyDtoH(host, x.withByteOffset(4), 16)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemsetD32(x, 0, 5)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
    }

    @Test
    void wrongUseIsRefused() throws InterruptedException {
        assertThat(JCudaDriver.cuModuleGetFunction(new CUfunction(), module, "no_such_kernel"))
                .isEqualTo(CUDA_ERROR_NOT_FOUND);
        CUdeviceptr x = allocate(1024 * Float.BYTES);
        assertThat(launched("tree_sum", 1, 512, args(x, x, 1))).isEqualTo(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
        assertThat(launched("scale", 0, 32, args(x, 1f, 1L))).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        CUstream gone = stream();
        must(JCudaDriver.cuStreamDestroy(gone));
        assertThat(JCudaDriver.cuStreamSynchronize(gone)).isEqualTo(CUDA_ERROR_INVALID_HANDLE);

        AtomicInteger elsewhere = new AtomicInteger();
        Thread thread = new Thread(() -> elsewhere.set(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 64)));
        thread.start();
        thread.join();
        assertThat(elsewhere).hasValue(CUDA_ERROR_INVALID_CONTEXT);
    }

    @Test
    void leftoversAreCountedWhenTheContextEnds() {
        must(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 64));
        must(JCudaDriver.cuDevicePrimaryCtxRelease(device()));

        assertThat(emulator.leaked()).isEqualTo(3 + buffers.size()); // memory, stream, module
        assertThat(emulator.liveAllocations()).isZero();
        must(JCudaDriver.cuDevicePrimaryCtxRetain(new CUcontext(), device()));
    }

    /** What belongs to one device is of no use on another, and ends with its own. */
    @Test
    void devicesAreKeptApart() {
        CUdeviceptr x = allocate(64);
        CUstream first = stream;
        emulator.setDevices(2);
        CUdevice other = new CUdevice();
        must(JCudaDriver.cuDeviceGet(other, 1));
        CUcontext there = new CUcontext();
        must(JCudaDriver.cuDevicePrimaryCtxRetain(there, other));
        must(JCudaDriver.cuCtxSetCurrent(there));
        try {
            assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_INVALID_HANDLE);
            stream = stream();
            must(JCudaDriver.cuMemAllocAsync(new CUdeviceptr(), 64, stream));
            assertThat(JCudaDriver.cuMemsetD32Async(x, 0, 1, stream)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
            assertThat(launched("scale", 1, 32, args(x, 1f, 1L))).isEqualTo(CUDA_ERROR_INVALID_HANDLE);
            CUmodule home = module;
            module = new CUmodule();
            must(JCudaDriver.cuModuleLoadData(module, image));
            assertThat(launched("scale", 1, 32, args(x, 1f, 1L))).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS);
            module = home;
            stream = first;
            assertThat(emulator.errors())
                    .containsExactly(
                            "a stream of device 0 is used on device 1",
                            "memory of device 0 is used on device 1",
                            "a module of device 0 is used on device 1",
                            "memory that a kernel is given of device 0 is used on device 1");
        } finally {
            must(JCudaDriver.cuDevicePrimaryCtxRelease(other));
            emulator.setDevices(1);
        }
        assertThat(emulator.leaked()).as("its memory, its stream, its module").isEqualTo(3);
        CUcontext here = new CUcontext();
        must(JCudaDriver.cuDevicePrimaryCtxRetain(here, device()));
        must(JCudaDriver.cuCtxSetCurrent(here));
        must(JCudaDriver.cuDevicePrimaryCtxRelease(device()));
        must(JCudaDriver.cuMemsetD32Async(x, 0, 1, stream));
    }

    // Helpers.

    private static void must(int result) {
        assertThat(result).isEqualTo(CUDA_SUCCESS);
    }

    private static CUdevice device() {
        CUdevice device = new CUdevice();
        must(JCudaDriver.cuDeviceGet(device, 0));
        return device;
    }

    private static CUstream stream() {
        CUstream made = new CUstream();
        must(JCudaDriver.cuStreamCreate(made, CUstream_flags.CU_STREAM_NON_BLOCKING));
        return made;
    }

    private CUdeviceptr allocate(long bytes) {
        CUdeviceptr buffer = new CUdeviceptr();
        must(JCudaDriver.cuMemAlloc(buffer, bytes));
        buffers.add(buffer);
        return buffer;
    }

    private CUdeviceptr upload(float[] values) {
        CUdeviceptr buffer = allocate((long) values.length * Float.BYTES);
        must(JCudaDriver.cuMemcpyHtoD(buffer, Pointer.to(values), (long) values.length * Float.BYTES));
        return buffer;
    }

    private float[] download(CUdeviceptr buffer, int count) {
        float[] values = new float[count];
        must(JCudaDriver.cuStreamSynchronize(stream));
        must(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), buffer, (long) count * Float.BYTES));
        return values;
    }

    private int[] downloadInts(CUdeviceptr buffer, int count) {
        int[] values = new int[count];
        must(JCudaDriver.cuStreamSynchronize(stream));
        must(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), buffer, (long) count * Integer.BYTES));
        return values;
    }

    private CUfunction function(String kernel) {
        CUfunction function = new CUfunction();
        must(JCudaDriver.cuModuleGetFunction(function, module, kernel));
        return function;
    }

    private void launch(String kernel, int blocks, int threads, Pointer arguments) {
        must(launched(kernel, blocks, threads, arguments));
    }

    private int launched(String kernel, int blocks, int threads, Pointer arguments) {
        return JCudaDriver.cuLaunchKernel(function(kernel), blocks, 1, 1, threads, 1, 1, 0, stream, arguments, null);
    }

    private static Pointer args(Object... arguments) {
        Pointer[] pointers = new Pointer[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            pointers[i] = switch (arguments[i]) {
                case CUdeviceptr buffer -> Pointer.to(buffer);
                case Integer value -> Pointer.to(new int[] {value});
                case Long value -> Pointer.to(new long[] {value});
                case Float value -> Pointer.to(new float[] {value});
                default -> throw new IllegalArgumentException("no kernel takes a " + arguments[i]);
            };
        }
        return Pointer.to(pointers);
    }

    private static float[] numbers(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i + 1;
        }
        return values;
    }
}
