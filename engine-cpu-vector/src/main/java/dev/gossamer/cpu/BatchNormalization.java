package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.BITS;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.BatchNorm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation, a channel at a time: its part of a usual batch fits L2, so that all passes over it but the first read
 * from there. Threads share channels.
 *
 * <p>Sums are those of two times 16 lanes in f32 for each block of the batch: column n adds to lane n mod 16, and the sixteens
 * of a row to both by turns, since an addition takes as long as several loads. Lanes and blocks are added in double. The variance is summed about the rounded mean, and corrected by what that leaves (the corrected two-pass
 * algorithm: "Algorithms for Computing the Sample Variance", Chan, Golub, LeVeque, The American Statistician 37, 1983).
 */
final class BatchNormalization {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;

    /** What is added where there is no residual, to be read with steps of 0. */
    private static final MemorySegment NO_RESIDUAL = Arena.global().allocate(64, 64);

    // Scratch of each part: 16 sums in f32 of two kinds, their totals, and the bits that nobody wants.
    private static final int SECOND = 64;
    private static final int TOTAL = 128;
    private static final int UNWANTED = 192;
    private static final int SCRATCH = 256;

    private BatchNormalization() {}

    static void training(
            CpuWorkspace workspace,
            CpuTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            @Nullable CpuTensor residual,
            Activation activation,
            @Nullable CpuMask mask,
            CpuTensor y) {
        int channels = x.shape().channels();
        int parts = Sixteens.parts(workspace, x.shape().size());
        MemorySegment scratch = workspace.scratch(Scratch.TILES, (long) parts * SCRATCH);
        if (parts == 1) {
            training(x, norm, saved, residual, activation, mask, y, 0, channels, scratch, 0);
        } else {
            workspace.workers().run(parts, (part, of) -> {
                int from = Sixteens.cut(channels, part, of);
                int to = Sixteens.cut(channels, part + 1, of);
                training(x, norm, saved, residual, activation, mask, y, from, to, scratch, (long) part * SCRATCH);
            });
        }
        y.clearTail();
    }

    private static void training(
            CpuTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            @Nullable CpuTensor residual,
            Activation activation,
            @Nullable CpuMask mask,
            CpuTensor y,
            int from,
            int to,
            MemorySegment scratch,
            long at) {
        long own = Raw.address(scratch, at, SCRATCH);
        double count = count(x);
        for (int channel = from; channel < to; channel++) {
            moments(x, channel, 0, own);
            float about = (float) (total(own, 1) / count);
            moments(x, channel, about, own);
            double rest = total(own, 1);
            double variance = Math.max(0, (total(own, 2) - rest * rest / count) / count);
            float mean = (float) (about + rest / count);
            float inverse = (float) (1 / Math.sqrt(variance + norm.epsilon()));
            set(saved.mean(), channel, mean);
            set(saved.inverseDeviation(), channel, inverse);
            update(norm.runningMean(), channel, mean, norm.momentum());
            double unbiased = count > 1 ? variance * count / (count - 1) : variance;
            update(norm.runningVariance(), channel, unbiased, norm.momentum());
            normalise(x, channel, mean, inverse, norm, residual, activation, mask, y, own + UNWANTED);
        }
    }

    static void inference(
            CpuWorkspace workspace,
            CpuTensor x,
            BatchNorm norm,
            @Nullable CpuTensor residual,
            Activation activation,
            CpuTensor y) {
        int channels = x.shape().channels();
        int parts = Sixteens.parts(workspace, x.shape().size());
        MemorySegment scratch = workspace.scratch(Scratch.TILES, (long) parts * SCRATCH);
        if (parts == 1) {
            inference(x, norm, residual, activation, y, 0, channels, scratch, 0);
        } else {
            workspace.workers().run(parts, (part, of) -> {
                int from = Sixteens.cut(channels, part, of);
                int to = Sixteens.cut(channels, part + 1, of);
                inference(x, norm, residual, activation, y, from, to, scratch, (long) part * SCRATCH);
            });
        }
        y.clearTail();
    }

    private static void inference(
            CpuTensor x,
            BatchNorm norm,
            @Nullable CpuTensor residual,
            Activation activation,
            CpuTensor y,
            int from,
            int to,
            MemorySegment scratch,
            long at) {
        long unwanted = Raw.address(scratch, at, SCRATCH) + UNWANTED;
        for (int channel = from; channel < to; channel++) {
            float mean = get(norm.runningMean(), channel);
            float inverse = (float) (1 / Math.sqrt((double) get(norm.runningVariance(), channel) + norm.epsilon()));
            normalise(x, channel, mean, inverse, norm, residual, activation, null, y, unwanted);
        }
    }

    static void gradient(
            CpuWorkspace workspace,
            CpuTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            CpuTensor gy,
            float beta,
            CpuTensor gx,
            @Nullable CpuMask mask,
            CpuValues gGamma,
            CpuValues gBeta) {
        int channels = x.shape().channels();
        int parts = Sixteens.parts(workspace, x.shape().size());
        MemorySegment scratch = workspace.scratch(Scratch.TILES, (long) parts * SCRATCH);
        if (parts == 1) {
            gradient(x, norm, saved, gy, beta, gx, mask, gGamma, gBeta, 0, channels, scratch, 0);
        } else {
            workspace.workers().run(parts, (part, of) -> {
                int from = Sixteens.cut(channels, part, of);
                int to = Sixteens.cut(channels, part + 1, of);
                long at = (long) part * SCRATCH;
                gradient(x, norm, saved, gy, beta, gx, mask, gGamma, gBeta, from, to, scratch, at);
            });
        }
        gGamma.clearOutside();
        gBeta.clearOutside();
        gx.clearTail();
    }

    private static void gradient(
            CpuTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            CpuTensor gy,
            float beta,
            CpuTensor gx,
            @Nullable CpuMask mask,
            CpuValues gGamma,
            CpuValues gBeta,
            int from,
            int to,
            MemorySegment scratch,
            long at) {
        long own = Raw.address(scratch, at, SCRATCH);
        double count = count(x);
        for (int channel = from; channel < to; channel++) {
            float mean = get(saved.mean(), channel);
            double inverse = get(saved.inverseDeviation(), channel);
            products(x, gy, channel, mean, own);
            double sum = total(own, 1);
            double ofNormal = total(own, 2) * inverse;
            set(gBeta, channel, (float) sum);
            set(gGamma, channel, (float) ofNormal);
            // gamma·inverse·(gy − sum/m − (x − mean)·inverse·ofNormal/m) = scale·gy + slope·(x − mean) + shift
            double scale = get(norm.gamma(), channel) * inverse;
            float slope = (float) (-scale * inverse * ofNormal / count);
            float shift = (float) (-scale * sum / count);
            project(x, gy, channel, mean, (float) scale, slope, shift, beta, gx, mask);
        }
    }

    // Tangents: the same sums and the same kernels, with other factors. Not divided among threads.

    static void tangent(
            CpuWorkspace workspace,
            CpuTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            CpuTensor xDot,
            Values gammaDot,
            Values betaDot,
            float beta,
            CpuTensor yDot,
            @Nullable CpuMask mask) {
        long own = Raw.address(workspace.scratch(Scratch.TILES, SCRATCH), 0, SCRATCH);
        double count = count(x);
        for (int channel = 0; channel < x.shape().channels(); channel++) {
            float mean = get(saved.mean(), channel);
            double inverse = get(saved.inverseDeviation(), channel);
            products(x, xDot, channel, mean, own);
            double scale = get(norm.gamma(), channel) * inverse;
            double slope = -scale * inverse * inverse * total(own, 2) / count + get(gammaDot, channel) * inverse;
            double shift = -scale * total(own, 1) / count + get(betaDot, channel);
            project(x, xDot, channel, mean, (float) scale, (float) slope, (float) shift, beta, yDot, mask);
        }
        yDot.clearTail();
    }

    static void gradientTangent(
            CpuWorkspace workspace,
            CpuTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            CpuTensor xDot,
            Values gammaDot,
            CpuTensor gy,
            CpuTensor gyDot,
            float beta,
            CpuTensor gxDot,
            @Nullable CpuMask mask,
            CpuValues gGammaDot,
            CpuValues gBetaDot) {
        long own = Raw.address(workspace.scratch(Scratch.TILES, SCRATCH), 0, SCRATCH);
        double count = count(x);
        for (int channel = 0; channel < x.shape().channels(); channel++) {
            float mean = get(saved.mean(), channel);
            double inverse = get(saved.inverseDeviation(), channel);
            products(x, xDot, channel, mean, own);
            float meanDot = (float) (total(own, 1) / count);
            double product = total(own, 2) * inverse / count; // the mean of x̂·xDot
            products(x, gy, channel, mean, own);
            double sum = total(own, 1);
            double ofNormal = total(own, 2) * inverse;
            products(x, gyDot, channel, mean, own);
            double sumDot = total(own, 1);
            double ofNormalDot = total(own, 2) * inverse;
            products(xDot, gy, channel, meanDot, own);
            ofNormalDot += inverse * (total(own, 2) - product * ofNormal);
            set(gBetaDot, channel, (float) sumDot);
            set(gGammaDot, channel, (float) ofNormalDot);
            // gxDot = scaleDot·gy + scale·gyDot + ofDot·(xDot − meanDot) + slope·(x − mean) + shift
            double scale = get(norm.gamma(), channel) * inverse;
            double scaleDot = get(gammaDot, channel) * inverse - scale * inverse * product;
            double ofDot = -scale * inverse * ofNormal / count;
            double slope = -inverse * ((scaleDot * ofNormal + scale * ofNormalDot) / count + ofDot * product);
            double shift = -(scaleDot * sum + scale * sumDot) / count;
            project(x, gy, channel, mean, (float) scaleDot, (float) slope, (float) shift, beta, gxDot, null);
            project(xDot, gyDot, channel, meanDot, (float) scale, (float) ofDot, 0, 1, gxDot, mask);
        }
        gGammaDot.clearOutside();
        gBetaDot.clearOutside();
        gxDot.clearTail();
    }

    /** Values per channel. */
    private static double count(CpuTensor x) {
        return (double) x.shape().height() * x.shape().width() * x.batch;
    }

    private static float get(Values values, int channel) {
        return ((CpuValues) values).data.getAtIndex(FLOAT, channel);
    }

    private static void set(Values values, int channel, float value) {
        ((CpuValues) values).data.setAtIndex(FLOAT, channel, value);
    }

    /** {@code running = (1 − momentum)·running + momentum·batch}. */
    private static void update(Values running, int channel, double batch, float momentum) {
        set(running, channel, (float) ((1.0 - momentum) * get(running, channel) + momentum * batch));
    }

    // Sums of a channel: what lies behind the batch of a view is left out.

    /** Totals 1 and 2: {@code Σ(x − about)} and {@code Σ(x − about)²}. */
    private static void moments(CpuTensor x, int channel, float about, long own) {
        startTotals(own);
        for (int column = 0; column < x.batch; ) {
            int columns = whole(x, column) ? x.block : 16;
            startBlock(x, column, own);
            long from = Sixteens.plane(x, channel, column, columns);
            int behind = Sixteens.behind(x, column);
            int count = Sixteens.count(x, columns);
            for (int lane = 0; lane < 16; lane += COUNT) {
                moments(
                        Sixteens.rows(x),
                        count,
                        from + 4L * lane,
                        Sixteens.step(x, columns),
                        Sixteens.pitch(x),
                        about,
                        behind >> lane,
                        own + 4L * lane);
            }
            column += columns;
            endBlock(x, column, own);
        }
    }

    /** Totals 1 and 2: {@code Σ gy} and {@code Σ gy·(x − mean)}. */
    private static void products(CpuTensor x, CpuTensor gy, int channel, float mean, long own) {
        startTotals(own);
        for (int column = 0; column < x.batch; ) {
            int columns = x.block == gy.block && whole(x, column) ? x.block : 16;
            startBlock(gy, column, own);
            long in = Sixteens.plane(x, channel, column, columns);
            long gradient = Sixteens.plane(gy, channel, column, columns);
            int behind = Sixteens.behind(x, column);
            int count = Sixteens.count(x, columns);
            for (int lane = 0; lane < 16; lane += COUNT) {
                products(
                        Sixteens.rows(x),
                        count,
                        in + 4L * lane,
                        Sixteens.step(x, columns),
                        Sixteens.pitch(x),
                        gradient + 4L * lane,
                        Sixteens.step(gy, columns),
                        Sixteens.pitch(gy),
                        mean,
                        behind >> lane,
                        own + 4L * lane);
            }
            column += columns;
            endBlock(gy, column, own);
        }
    }

    /** Whether a block of the batch begins there that is full. */
    private static boolean whole(CpuTensor t, int column) {
        return column % t.block == 0 && t.batch - column >= t.block;
    }

    private static void startTotals(long own) {
        ALL.set(DOUBLE, (own + TOTAL) & USER, 0);
        ALL.set(DOUBLE, (own + TOTAL + 8) & USER, 0);
    }

    private static double total(long own, int number) {
        return ALL.get(DOUBLE, (own + TOTAL + 8L * (number - 1)) & USER);
    }

    private static void startBlock(CpuTensor t, int column, long own) {
        if (column % t.block == 0) {
            for (int lane = 0; lane < 32; lane++) {
                ALL.set(UNCHECKED, (own + 4L * lane) & USER, 0f);
            }
        }
    }

    private static void endBlock(CpuTensor t, int column, long own) {
        if (column % t.block == 0 || column >= t.batch) {
            add(own, own + TOTAL);
            add(own + SECOND, own + TOTAL + 8);
        }
    }

    /** Four chains, for an addition takes as long as several loads. */
    private static void add(long lanes, long total) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        for (int lane = 0; lane < 16; lane += 4) {
            long at = (lanes + 4L * lane) & USER;
            a += ALL.get(UNCHECKED, at);
            b += ALL.get(UNCHECKED, at + 4);
            c += ALL.get(UNCHECKED, at + 8);
            d += ALL.get(UNCHECKED, at + 12);
        }
        ALL.set(DOUBLE, total & USER, ALL.get(DOUBLE, total & USER) + ((a + b) + (c + d)));
    }

    // What is written of a channel.

    private static void normalise(
            CpuTensor x,
            int channel,
            float mean,
            float inverse,
            BatchNorm norm,
            @Nullable CpuTensor residual,
            Activation activation,
            @Nullable CpuMask mask,
            CpuTensor y,
            long unwanted) {
        float scale = (float) ((double) get(norm.gamma(), channel) * inverse);
        float shift = get(norm.beta(), channel);
        float least = activation == Activation.RELU ? 0f : Float.NEGATIVE_INFINITY;
        int columns = residual == null ? Sixteens.columns(x, y) : Sixteens.columns(x, y, residual);
        for (int column = 0; column < x.batch; column += columns) {
            normalise(
                    Sixteens.rows(x),
                    Sixteens.count(x, columns),
                    Sixteens.plane(x, channel, column, columns),
                    Sixteens.step(x, columns),
                    Sixteens.pitch(x),
                    mean,
                    scale,
                    shift,
                    residual == null ? NO_RESIDUAL.address() : Sixteens.plane(residual, channel, column, columns),
                    residual == null ? 0 : Sixteens.step(residual, columns),
                    residual == null ? 0 : Sixteens.pitch(residual),
                    least,
                    Sixteens.plane(y, channel, column, columns),
                    Sixteens.step(y, columns),
                    Sixteens.pitch(y),
                    mask == null ? unwanted : Sixteens.bits(mask, x, channel, column),
                    Sixteens.maskStep(mask),
                    Sixteens.maskPitch(mask, x),
                    Sixteens.shift(columns),
                    Sixteens.low(mask, columns));
        }
    }

    private static void project(
            CpuTensor x,
            CpuTensor gy,
            int channel,
            float mean,
            float scale,
            float slope,
            float shift,
            float beta,
            CpuTensor gx,
            @Nullable CpuMask mask) {
        int columns = Sixteens.columns(x, gy, gx);
        int rows = Sixteens.rows(x);
        int count = Sixteens.count(x, columns);
        int pitchX = Sixteens.pitch(x);
        int pitchGy = Sixteens.pitch(gy);
        int pitchGx = Sixteens.pitch(gx);
        for (int column = 0; column < x.batch; column += columns) {
            long in = Sixteens.plane(x, channel, column, columns);
            long gradient = Sixteens.plane(gy, channel, column, columns);
            long out = Sixteens.plane(gx, channel, column, columns);
            long bits = Sixteens.bits(mask, x, channel, column);
            for (int row = 0; row < rows; row++) {
                long a = in + (long) row * pitchX;
                long b = gradient + (long) row * pitchGy;
                long c = out + (long) row * pitchGx;
                long m = bits + (long) row * Sixteens.maskPitch(mask, x);
                int xStep = Sixteens.step(x, columns);
                int gyStep = Sixteens.step(gy, columns);
                int gxStep = Sixteens.step(gx, columns);
                int maskStep = Sixteens.maskStep(mask);
                int low = Sixteens.low(mask, columns);
                int by = Sixteens.shift(columns);
                if (beta == 0) {
                    project(count, a, xStep, b, gyStep, mean, scale, slope, shift, c, gxStep, m, maskStep, by, low);
                } else {
                    projectAdd(
                            count, a, xStep, b, gyStep, mean, scale, slope, shift, beta, c, gxStep, m, maskStep, by,
                            low);
                }
            }
        }
    }

    // Kernels over sixteens, see Sixteens.

    private static void moments(int rows, int count, long x, int step, int pitch, float about, int behind, long sums) {
        VectorMask<Float> drop = VectorMask.fromLong(F, behind);
        FloatVector sum = fromMemorySegment(F, ALL, sums & USER, LITTLE_ENDIAN);
        FloatVector squares = fromMemorySegment(F, ALL, (sums + SECOND) & USER, LITTLE_ENDIAN);
        FloatVector oddSum = FloatVector.zero(F);
        FloatVector oddSquares = FloatVector.zero(F);
        for (int row = 0; row < rows; row++) {
            long in = x + (long) row * pitch;
            int i = 0;
            for (; i + 1 < count; i += 2) {
                FloatVector d = fromMemorySegment(F, ALL, (in + (long) i * step) & USER, LITTLE_ENDIAN)
                        .sub(about)
                        .blend(0f, drop);
                FloatVector e = fromMemorySegment(F, ALL, (in + (i + 1L) * step) & USER, LITTLE_ENDIAN)
                        .sub(about)
                        .blend(0f, drop);
                sum = sum.add(d);
                squares = d.fma(d, squares);
                oddSum = oddSum.add(e);
                oddSquares = e.fma(e, oddSquares);
            }
            if (i < count) {
                FloatVector d = fromMemorySegment(F, ALL, (in + (long) i * step) & USER, LITTLE_ENDIAN)
                        .sub(about)
                        .blend(0f, drop);
                sum = sum.add(d);
                squares = d.fma(d, squares);
            }
        }
        sum.add(oddSum).intoMemorySegment(ALL, sums & USER, LITTLE_ENDIAN);
        squares.add(oddSquares).intoMemorySegment(ALL, (sums + SECOND) & USER, LITTLE_ENDIAN);
    }

    private static void products(
            int rows,
            int count,
            long x,
            int xStep,
            int xPitch,
            long gy,
            int gyStep,
            int gyPitch,
            float mean,
            int behind,
            long sums) {
        VectorMask<Float> drop = VectorMask.fromLong(F, behind);
        FloatVector sum = fromMemorySegment(F, ALL, sums & USER, LITTLE_ENDIAN);
        FloatVector products = fromMemorySegment(F, ALL, (sums + SECOND) & USER, LITTLE_ENDIAN);
        FloatVector oddSum = FloatVector.zero(F);
        FloatVector oddProducts = FloatVector.zero(F);
        for (int row = 0; row < rows; row++) {
            long in = x + (long) row * xPitch;
            long gradient = gy + (long) row * gyPitch;
            int i = 0;
            for (; i + 1 < count; i += 2) {
                FloatVector g = fromMemorySegment(F, ALL, (gradient + (long) i * gyStep) & USER, LITTLE_ENDIAN)
                        .blend(0f, drop);
                FloatVector h = fromMemorySegment(F, ALL, (gradient + (i + 1L) * gyStep) & USER, LITTLE_ENDIAN)
                        .blend(0f, drop);
                sum = sum.add(g);
                products = fromMemorySegment(F, ALL, (in + (long) i * xStep) & USER, LITTLE_ENDIAN)
                        .sub(mean)
                        .blend(0f, drop)
                        .fma(g, products);
                oddSum = oddSum.add(h);
                oddProducts = fromMemorySegment(F, ALL, (in + (i + 1L) * xStep) & USER, LITTLE_ENDIAN)
                        .sub(mean)
                        .blend(0f, drop)
                        .fma(h, oddProducts);
            }
            if (i < count) {
                FloatVector g = fromMemorySegment(F, ALL, (gradient + (long) i * gyStep) & USER, LITTLE_ENDIAN)
                        .blend(0f, drop);
                sum = sum.add(g);
                products = fromMemorySegment(F, ALL, (in + (long) i * xStep) & USER, LITTLE_ENDIAN)
                        .sub(mean)
                        .blend(0f, drop)
                        .fma(g, products);
            }
        }
        sum.add(oddSum).intoMemorySegment(ALL, sums & USER, LITTLE_ENDIAN);
        products.add(oddProducts).intoMemorySegment(ALL, (sums + SECOND) & USER, LITTLE_ENDIAN);
    }

    private static void normalise(
            int rows,
            int count,
            long x,
            int xStep,
            int xPitch,
            float mean,
            float scale,
            float shift,
            long residual,
            int rStep,
            int rPitch,
            float least,
            long y,
            int yStep,
            int yPitch,
            long mask,
            int maskStep,
            int maskPitch,
            int by,
            int low) {
        FloatVector times = FloatVector.broadcast(F, scale);
        FloatVector plus = FloatVector.broadcast(F, shift);
        for (int row = 0; row < rows; row++) {
            long inRow = x + (long) row * xPitch;
            long addedRow = residual + (long) row * rPitch;
            long outRow = y + (long) row * yPitch;
            long bitsRow = mask + (long) row * maskPitch;
            for (int i = 0; i < count; i++) {
                long in = (inRow + (long) i * xStep) & USER;
                long added = (addedRow + (long) i * rStep) & USER;
                long out = (outRow + (long) i * yStep) & USER;
                int passed = 0;
                for (int lane = 0; lane < 16; lane += COUNT) {
                    FloatVector v = fromMemorySegment(F, ALL, in + 4L * lane, LITTLE_ENDIAN)
                            .sub(mean)
                            .fma(times, plus)
                            .add(fromMemorySegment(F, ALL, added + 4L * lane, LITTLE_ENDIAN));
                    passed |= (int) v.compare(VectorOperators.GT, 0f).toLong() << lane;
                    v.max(least).intoMemorySegment(ALL, out + 4L * lane, LITTLE_ENDIAN);
                }
                ALL.set(BITS, (bitsRow + (long) (i >> by) * maskStep + 2L * (i & low)) & USER, (short) passed);
            }
        }
    }

    private static void project(
            int count,
            long x,
            int xStep,
            long gy,
            int gyStep,
            float mean,
            float scale,
            float slope,
            float shift,
            long gx,
            int gxStep,
            long mask,
            int maskStep,
            int by,
            int low) {
        FloatVector times = FloatVector.broadcast(F, scale);
        FloatVector slopes = FloatVector.broadcast(F, slope);
        FloatVector plus = FloatVector.broadcast(F, shift);
        for (int i = 0; i < count; i++) {
            int dropped = ~ALL.get(BITS, (mask + (long) (i >> by) * maskStep + 2L * (i & low)) & USER);
            long in = (x + (long) i * xStep) & USER;
            long gradient = (gy + (long) i * gyStep) & USER;
            long out = (gx + (long) i * gxStep) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                VectorMask<Float> drop = VectorMask.fromLong(F, dropped >>> lane);
                FloatVector v = fromMemorySegment(F, ALL, in + 4L * lane, LITTLE_ENDIAN)
                        .sub(mean)
                        .fma(slopes, plus);
                fromMemorySegment(F, ALL, gradient + 4L * lane, LITTLE_ENDIAN)
                        .fma(times, v)
                        .blend(0f, drop)
                        .intoMemorySegment(ALL, out + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }

    private static void projectAdd(
            int count,
            long x,
            int xStep,
            long gy,
            int gyStep,
            float mean,
            float scale,
            float slope,
            float shift,
            float beta,
            long gx,
            int gxStep,
            long mask,
            int maskStep,
            int by,
            int low) {
        FloatVector times = FloatVector.broadcast(F, scale);
        FloatVector slopes = FloatVector.broadcast(F, slope);
        FloatVector plus = FloatVector.broadcast(F, shift);
        FloatVector old = FloatVector.broadcast(F, beta);
        for (int i = 0; i < count; i++) {
            int dropped = ~ALL.get(BITS, (mask + (long) (i >> by) * maskStep + 2L * (i & low)) & USER);
            long in = (x + (long) i * xStep) & USER;
            long gradient = (gy + (long) i * gyStep) & USER;
            long out = (gx + (long) i * gxStep) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                VectorMask<Float> drop = VectorMask.fromLong(F, dropped >>> lane);
                FloatVector v = fromMemorySegment(F, ALL, in + 4L * lane, LITTLE_ENDIAN)
                        .sub(mean)
                        .fma(slopes, plus);
                v = fromMemorySegment(F, ALL, gradient + 4L * lane, LITTLE_ENDIAN)
                        .fma(times, v);
                fromMemorySegment(F, ALL, out + 4L * lane, LITTLE_ENDIAN)
                        .fma(old, v)
                        .blend(0f, drop)
                        .intoMemorySegment(ALL, out + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }
}
