package dev.gossamer.cuda.device;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** Work that was captured from a stream: launched again as a whole, in the same order, by one call. */
public final class Graph implements AutoCloseable {

    private final CUgraphExec executable = new CUgraphExec();
    private final Live live;
    private final int nodes;

    /** What was captured from a stream, which captures no longer. */
    Graph(CUgraph captured, Stream stream) {
        CudaDevice device = stream.device();
        this.live = device.live();
        long[] count = {0};
        Check.driver(JCudaDriver.cuGraphGetNodes(captured, null, count), "counting what a step issues");
        this.nodes = Math.toIntExact(count[0]);
        int code = device.withRoom(
                stream.handle(), CudaDevice.OUT_OF_MEMORY, () -> instantiate(captured, stream.handle()));
        Check.driver(code, "making a captured step ready");
        live.graphs(1);
    }

    /** To the GPU as well, or a lack of memory would show at the first launch only. */
    private int instantiate(CUgraph captured, CUstream stream) {
        int code = JCudaDriver.cuGraphInstantiate(executable, captured, 0);
        if (code != 0) {
            return code;
        }
        code = JCudaDriver.cuGraphUpload(executable, stream);
        if (code != 0) {
            JCudaDriver.cuGraphExecDestroy(executable);
        }
        return code;
    }

    /** Kernels, copies and fills. */
    public int nodes() {
        return nodes;
    }

    void launch(Stream stream) {
        int code = JCudaDriver.cuGraphLaunch(executable, stream.handle());
        if (code != 0) {
            Check.driver(code, "running a captured step");
        }
    }

    /** May still be running: the driver keeps it until it is done. */
    @Override
    public void close() {
        JCudaDriver.cuGraphExecDestroy(executable);
        live.graphs(-1);
    }
}
