package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Lanes.load;
import static dev.gossamer.cpu.Lanes.store;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/** The epilogue of a product: bias, ReLU and its mask in one pass over an output that is still in cache. */
final class BiasRelu {

    private BiasRelu() {}

    static void apply(Epilogue epilogue, CpuTensor y) {
        MemorySegment bias = epilogue.bias() == null ? null : ((CpuValues) epilogue.bias()).data;
        boolean relu = epilogue.activation() == Activation.RELU;
        if (bias == null && !relu) {
            return;
        }
        CpuMask mask = (CpuMask) epilogue.mask();
        for (int column = 0; column < y.batch; column += 16) {
            long at = y.base(column);
            for (int row = 0; row < y.features; row++) {
                float shift = bias == null ? 0f : bias.getAtIndex(ValueLayout.JAVA_FLOAT, row);
                sixteen(y.data, at, shift, relu, mask, row, column);
                at += y.rowStride();
            }
        }
        y.clearTail();
    }

    /** Sixteen columns of one row, padding included. */
    private static void sixteen(
            MemorySegment y, long at, float bias, boolean relu, @Nullable CpuMask mask, int row, int column) {
        int passed = 0;
        for (int lane = 0; lane < 16; lane += COUNT) {
            FloatVector v = load(y, at + 4L * lane).add(FloatVector.broadcast(F, bias));
            if (relu) {
                if (mask != null) {
                    passed |= (int) v.compare(VectorOperators.GT, 0f).toLong() << lane;
                }
                v = v.max(FloatVector.zero(F));
            }
            store(v, y, at + 4L * lane);
        }
        if (mask != null) {
            mask.set16(row, column, passed);
        }
    }
}
