package dev.gossamer.cuda.device;

import jcuda.driver.CUgraph;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/** The time in which what is issued on a stream is not run but noted down for a graph. Closing ends it, come what may. */
final class Capture implements AutoCloseable {

    private final Stream stream;
    private final CUgraph captured = new CUgraph();
    private boolean open = true;

    /** Begins. Calls of other threads go on as ever: they have streams of their own. */
    Capture(Stream stream) {
        this.stream = stream;
        Check.driver(
                JCudaDriver.cuStreamBeginCapture(
                        stream.handle(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "beginning to capture a step");
    }

    /** Ends the capture, and makes what was issued ready to be launched. */
    Graph graph() {
        Check.driver(end(), "capturing a step");
        return new Graph(captured, stream);
    }

    private int end() {
        open = false;
        return JCudaDriver.cuStreamEndCapture(stream.handle(), captured);
    }

    @Override
    public void close() {
        if (open) {
            // No check: whatever broke the capture off is on its way to the caller, and the stream is as before in any
            // case.
            end();
        }
        if (NativeHandles.of(captured) != 0) {
            JCudaDriver.cuGraphDestroy(captured);
        }
    }
}
