package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.filled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.check.CheckedBackend;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.Numbers;
import dev.gossamer.testkit.reference.ReferenceBackend;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The same mistake gives the same exception on every backend; and what a recorded step may do. */
public abstract class CheckedContract extends BackendContract {

    @Test
    void refusesOperandsOfOthers() {
        try (Backend otherBackend = new CheckedBackend(new ReferenceBackend());
                Workspace elsewhere = otherBackend.workspace(1);
                Workspace beside = checked().workspace(threads());
                Workspace child = workspace().child()) {
            for (Workspace foreign : List.of(elsewhere, beside, child)) {
                Tensor tensor = foreign.tensor(Shape.matrix(3, 2), Layout.ROW_MAJOR);
                Values values = foreign.values(foreign.space(Geometry.matrix(3, 3)), Role.THETA);
                Tensor own = workspace().tensor(Shape.matrix(3, 2), Layout.ROW_MAJOR);
                Values ownValues = workspace().values(workspace().space(Geometry.matrix(3, 3)), Role.THETA);
                refused("another workspace", () -> workspace().sparse().spmm(1, ownValues, tensor, 0, own));
                refused("another workspace", () -> workspace().sparse().spmm(1, values, own, 0, own));
                refused("another workspace", () -> workspace().repattern(values.space(), null));
                refused("another workspace", () -> workspace().read(foreign.cell(0)));
                Cell cell = workspace().cell(0);
                refused("another workspace", () -> workspace().read(List.of(cell, foreign.cell(0))));
                refused("another workspace", () -> workspace().upload(MemorySegment.ofArray(new float[9]), values));
                RandomStream stream = foreign.randomStream();
                Tensor x = workspace().tensor(Shape.of(3, 2), Layout.NATIVE);
                NnOps nn = workspace().nn();
                refused("another workspace", () -> workspace().write(stream, 1));
                refused("another workspace", () -> nn.advance(stream));
                refused("another workspace", () -> nn.dropout(x, 0.5f, stream, 0, 0, x, null));
                refused("another workspace", () -> nn.add(x, 0, x, foreign.mask(Shape.of(3, 2))));
                Tensor y = workspace().tensor(Shape.of(3, 2), Layout.NATIVE);
                Window one = Window.square(1);
                refused("another workspace", () -> nn.maxPool(x, one, y, foreign.indices(Shape.of(3, 2))));
                SparseTensor compressed = foreign.sparseTensor(Shape.of(3, 2), 4);
                refused("another workspace", () -> workspace().select().compress(x, 1, compressed));
                Product product = workspace().product(Geometry.linear(3, 3));
                refused("another workspace", () -> product.weightGradient(compressed, y, 0, ownValues));
            }
        }
    }

    @Test
    void refusesWrongShapes() {
        try (Rig rig = rig()) {
            Workspace workspace = rig.workspace();
            Values a = rig.matrix(2, 3, SparsityPattern.full(2, 3));
            Tensor b = workspace.tensor(Shape.matrix(3, 4), Layout.ROW_MAJOR);
            Tensor nativeB = workspace.tensor(Shape.matrix(3, 4), Layout.NATIVE);
            Tensor c = workspace.tensor(Shape.matrix(2, 4), Layout.ROW_MAJOR);
            Tensor narrow = workspace.tensor(Shape.matrix(2, 3), Layout.ROW_MAJOR);
            refused("must be 2 x 4", () -> workspace.sparse().spmm(1, a, b, 0, narrow));
            refused("must be 3 x 4", () -> workspace.sparse().spmm(1, a, c, 0, b));
            refused("layout", () -> workspace.sparse().spmm(1, a, nativeB, 0, c));
            refused("inner sizes differ", () -> workspace.dense().gemm(false, false, 1, b, c, 0, narrow));
            refused("must be finite", () -> workspace.sparse().spmm(Float.NaN, a, b, 0, c));
            refused("same space", () -> workspace.dense().copy(a, rig.matrix(2, 3, SparsityPattern.full(2, 3))));
            refused("does not fit", () -> workspace.repattern(a.space(), SparsityPattern.full(3, 2)));
            refused("bytes", () -> workspace.upload(MemorySegment.ofArray(new float[5]), a));
            refused("float[]", () -> workspace.upload(MemorySegment.ofArray(new double[12]), nativeB));
            refused("float[]", () -> workspace.download(a, MemorySegment.ofArray(new int[6])));
            refused("int[]", () -> workspace.upload(MemorySegment.ofArray(new float[4]), 4, workspace.order(4)));
            refused("0 to 4", () -> workspace.view(nativeB, 5));
            Product product = workspace.product(Geometry.linear(3, 2));
            Tensor x = workspace.tensor(Shape.of(3, 4), Layout.NATIVE);
            Tensor y = workspace.tensor(Shape.of(2, 5), Layout.NATIVE);
            refused("[3, 4]", () -> product.forward(a, x, 0, y, Epilogue.NONE));
            Values bias = workspace.values(workspace.space(3), Role.THETA);
            Tensor right = workspace.tensor(Shape.of(2, 4), Layout.NATIVE);
            refused("bias", () -> product.forward(a, x, 0, right, Epilogue.bias(bias)));
            refused("mask", () -> product.inputGradient(a, right, 0, x, workspace.mask(Shape.of(3, 3))));
        }
    }

    @Test
    void refusesConvolutionsOfOtherShapes() {
        Workspace workspace = workspace();
        Geometry geometry = new Geometry(2, 5, 4, 3, 3, 3, 2, 1);
        Product product = workspace.product(geometry);
        Values w = workspace.values(workspace.space(geometry), Role.THETA);
        Tensor x = workspace.tensor(geometry.inShape(4), Layout.NATIVE);
        Tensor y = workspace.tensor(geometry.outShape(4), Layout.NATIVE);
        Tensor flat = workspace.tensor(Shape.of(geometry.inShape(1).features(), 4), Layout.NATIVE);
        Tensor turned = workspace.tensor(new Shape(2, 4, 5, 4), Layout.NATIVE);
        refused("[2, 5, 4, 4]", () -> product.forward(w, flat, 0, y, Epilogue.NONE));
        refused("[2, 5, 4, 4]", () -> product.inputGradient(w, y, 0, turned, null));
        refused("[3, 3, 2, 4]", () -> product.weightGradient(x, x, 0, w));
        refused("[3, 3, 2, 1]", () -> product.biasGradient(x, 0, w));
        refused("gb", () -> product.gradients(x, y, 0, w, w));
        Values gw = workspace.values(w.space(), Role.GRADIENT);
        Tensor gx = workspace.tensor(geometry.inShape(4), Layout.NATIVE);
        refused("gb", () -> product.backward(w, x, y, 0, gx, null, gw, w));
        refused("gw must be other", () -> product.backward(w, x, y, 0, gx, null, w, w));
        refused("gx must not be x", () -> product.backward(w, x, y, 0, x, null, gw, w));
        refused("mask", () -> product.inputGradient(w, y, 0, x, workspace.mask(geometry.outShape(4))));
        refused(
                "must be over a space",
                () -> product.forward(
                        workspace.values(workspace.space(Geometry.linear(2, 3)), Role.THETA), x, 0, y, Epilogue.NONE));
        SparseTensor few = workspace.sparseTensor(geometry.inShape(3), 5);
        refused("x was made for", () -> product.weightGradient(few, y, 0, w));
        SparseTensor other = workspace.sparseTensor(turned.shape(), 5);
        refused("x was made for", () -> product.weightGradient(other, y, 0, w));
        SparseTensor right = workspace.sparseTensor(geometry.inShape(4), 5);
        refused("gy must have shape", () -> product.weightGradient(right, x, 0, w));
        refused("beta", () -> product.weightGradient(right, y, Float.NaN, w));
    }

    /** A plane may have padding between its rows, so that nothing reads it as a matrix. */
    @Test
    void refusesToReadAPlaneAsAMatrix() {
        Workspace workspace = workspace();
        Values a = workspace.values(workspace.space(Geometry.matrix(2, 12)), Role.THETA);
        Tensor plane = workspace.tensor(new Shape(3, 2, 2, 4), Layout.NATIVE);
        Tensor c = workspace.tensor(Shape.of(2, 4), Layout.NATIVE);
        refused("height and width are 1", () -> workspace.sparse().spmm(1, a, plane, 0, c));
        refused("height and width are 1", () -> workspace.sparse().spmmTransposed(1, a, c, 0, plane));
        refused("height and width are 1", () -> workspace.sparse().sddmm(1, c, plane, 0, a));
    }

    @Test
    void refusesPoolsThatDoNotFit() {
        Workspace workspace = workspace();
        NnOps nn = workspace.nn();
        Window window = Window.square(2);
        Tensor x = workspace.tensor(new Shape(3, 4, 5, 6), Layout.NATIVE);
        Tensor y = workspace.tensor(window.output(x.shape()), Layout.NATIVE);
        Tensor rows = workspace.tensor(x.shape(), Layout.ROW_MAJOR);
        Indices chosen = workspace.indices(y.shape());
        refused("[3, 2, 2, 6]", () -> nn.maxPool(x, window, x, chosen));
        refused("[3, 2, 2, 6]", () -> nn.averagePoolGradient(window, x, 0, x, null));
        refused("y must have shape [3, 6]", () -> nn.averagePool(x, Window.whole(x.shape()), y));
        refused("larger than the plane", () -> nn.averagePool(x, Window.square(5), y));
        refused("layout", () -> nn.maxPool(rows, window, y, chosen));
        refused(
                "chosen was made for",
                () -> nn.maxPool(x, window, y, workspace.indices(y.shape().withBatch(5))));
        refused("chosen was made for", () -> nn.maxPoolGradient(workspace.indices(x.shape()), window, y, 0, x, null));
        refused("chosen was made for", () -> nn.maxPoolTangent(workspace.indices(x.shape()), window, x, y));
        refused("[3, 2, 2, 6]", () -> nn.maxPoolTangent(chosen, window, x, x));
        refused("mask was made for", () -> nn.maxPoolGradient(chosen, window, y, 0, x, workspace.mask(y.shape())));
        refused("beta", () -> nn.averagePoolGradient(window, y, Float.POSITIVE_INFINITY, x, null));
        Window one = Window.square(1);
        refused("must not be", () -> nn.maxPool(x, one, x, null));
        refused("must not be", () -> nn.averagePoolGradient(one, workspace.view(x, 6), 0, x, null));
    }

    @Test
    void refusesBatchNormsThatDoNotFit() {
        try (Rig rig = rig()) {
            Workspace workspace = rig.workspace();
            NnOps nn = workspace.nn();
            Tensor x = workspace.tensor(new Shape(3, 2, 2, 4), Layout.NATIVE);
            Tensor y = workspace.tensor(x.shape(), Layout.NATIVE);
            Tensor fewer = workspace.tensor(x.shape().withBatch(3), Layout.NATIVE);
            Tensor flat = workspace.tensor(Shape.of(12, 4), Layout.NATIVE);
            Values three = rig.vector(3, null, new float[3]);
            Values other = rig.vector(3, null, new float[3]);
            Values four = rig.vector(4, null, new float[4]);
            Values sparse = rig.vector(3, SparsityPattern.fromFlatIndices(1, 3, new int[] {1}), new float[1]);
            Values gamma = rig.vector(3, null, new float[3]);
            Values mean = rig.vector(3, null, new float[3]);
            Values variance = rig.vector(3, null, new float[3]);
            Values batchMean = rig.vector(3, null, new float[3]);
            Values deviation = rig.vector(3, null, new float[3]);
            BatchNorm norm = new BatchNorm(gamma, sparse, mean, variance, 1e-5f, 0.1f);
            BatchNorm.Saved saved = new BatchNorm.Saved(batchMean, deviation);
            Activation none = Activation.IDENTITY;
            refused("the output", () -> nn.batchNorm(x, norm, saved, null, none, null, fewer));
            refused("the other operand", () -> nn.batchNorm(x, norm, saved, fewer, none, null, y));
            refused("gamma must", () -> nn.batchNorm(flat, norm, saved, null, none, null, flat));
            refused("must not be", () -> nn.batchNorm(x, norm, saved, null, none, null, x));
            refused("must not be", () -> nn.batchNorm(x, norm, saved, y, none, null, y));
            refused("RELU", () -> nn.batchNorm(x, norm, saved, null, none, workspace.mask(x.shape()), y));
            refused(
                    "mask was made for",
                    () -> nn.batchNorm(x, norm, saved, null, Activation.RELU, workspace.mask(fewer.shape()), y));
            Tensor nothing = workspace.view(x, 0);
            Tensor nowhere = workspace.view(y, 0);
            refused("at least one sample", () -> nn.batchNorm(nothing, norm, saved, null, none, null, nowhere));
            for (BatchNorm wrong : List.of(
                    new BatchNorm(four, three, three, other, 1e-5f, 0.1f),
                    new BatchNorm(three, four, three, other, 1e-5f, 0.1f),
                    new BatchNorm(three, three, four, other, 1e-5f, 0.1f),
                    new BatchNorm(three, three, three, four, 1e-5f, 0.1f))) {
                refused("space of 1 x 3", () -> nn.batchNorm(x, wrong, saved, null, none, null, y));
                refused("space of 1 x 3", () -> nn.batchNormInference(x, wrong, null, none, y));
                refused("space of 1 x 3", () -> nn.batchNormGradient(x, wrong, saved, y, 0, y, null, three, other));
            }
            for (BatchNorm wrong : List.of(
                    new BatchNorm(three, three, sparse, other, 1e-5f, 0.1f),
                    new BatchNorm(three, three, three, sparse, 1e-5f, 0.1f))) {
                refused("dense space", () -> nn.batchNormInference(x, wrong, null, none, y));
            }
            BatchNorm twice = new BatchNorm(three, three, other, other, 1e-5f, 0.1f);
            refused("must not be", () -> nn.batchNorm(x, twice, saved, null, none, null, y));
            for (BatchNorm.Saved wrong : List.of(new BatchNorm.Saved(four, other), new BatchNorm.Saved(three, four))) {
                refused("space of 1 x 3", () -> nn.batchNorm(x, norm, wrong, null, none, null, y));
            }
            BatchNorm.Saved same = new BatchNorm.Saved(three, three);
            refused("must not be", () -> nn.batchNorm(x, norm, same, null, none, null, y));
            Values beta = rig.vector(3, null, new float[3]);
            BatchNorm dense = new BatchNorm(gamma, beta, mean, variance, 1e-5f, 0.1f);
            for (Values read : List.of(gamma, beta, mean, variance)) {
                for (BatchNorm.Saved wrong :
                        List.of(new BatchNorm.Saved(read, deviation), new BatchNorm.Saved(batchMean, read))) {
                    refused("must not be", () -> nn.batchNorm(x, dense, wrong, null, none, null, y));
                }
            }
            for (BatchNorm wrong : List.of(
                    new BatchNorm(gamma, mean, mean, variance, 1e-5f, 0.1f),
                    new BatchNorm(variance, beta, mean, variance, 1e-5f, 0.1f))) {
                refused("must not be", () -> nn.batchNorm(x, wrong, saved, null, none, null, y));
            }
            for (Values read : List.of(batchMean, deviation)) {
                refused("gGamma must not be", () -> nn.batchNormGradient(x, norm, saved, y, 0, y, null, read, other));
                refused("gBeta must not be", () -> nn.batchNormGradient(x, norm, saved, y, 0, y, null, three, read));
            }
            refused("must not be", () -> nn.batchNormGradient(x, norm, saved, y, 0, x, null, three, other));
            refused("must not be", () -> nn.batchNormGradient(x, norm, saved, y, 1, y, null, three, other));
            refused("must not be", () -> nn.batchNormGradient(x, norm, saved, y, 0, y, null, three, three));
            refused(
                    "gGamma must not be gamma",
                    () -> nn.batchNormGradient(x, norm, saved, y, 0, y, null, norm.gamma(), other));
            refused(
                    "gBeta must not be gamma",
                    () -> nn.batchNormGradient(x, norm, saved, y, 0, y, null, other, norm.gamma()));
            refused("gGamma", () -> nn.batchNormGradient(x, norm, saved, y, 0, y, null, four, other));
            refused("gBeta", () -> nn.batchNormGradient(x, norm, saved, y, 0, y, null, three, four));
            Tensor z = workspace.tensor(x.shape(), Layout.NATIVE);
            refused("gammaDot", () -> nn.batchNormTangent(x, norm, saved, y, four, three, 0, z, null));
            refused("betaDot", () -> nn.batchNormTangent(x, norm, saved, y, three, four, 0, z, null));
            refused("must not be", () -> nn.batchNormTangent(x, norm, saved, y, three, other, 0, y, null));
            refused("must not be", () -> nn.batchNormTangent(x, norm, same, y, three, other, 0, z, null));
            refused("the other operand", () -> nn.batchNormTangent(x, norm, saved, fewer, three, other, 0, z, null));
            for (Tensor wrong : List.of(x, y)) {
                refused(
                        "must not be",
                        () -> nn.batchNormGradientTangent(x, norm, saved, y, four, z, z, 0, wrong, null, three, other));
            }
            Tensor out = workspace.tensor(x.shape(), Layout.NATIVE);
            refused(
                    "gy must have shape",
                    () -> nn.batchNormGradientTangent(x, norm, saved, y, sparse, fewer, z, 0, out, null, three, other));
            refused(
                    "gyDot must have shape",
                    () -> nn.batchNormGradientTangent(x, norm, saved, y, sparse, z, fewer, 0, out, null, three, other));
            refused(
                    "gxDot must not be gy",
                    () -> nn.batchNormGradientTangent(x, norm, saved, y, sparse, z, y, 0, z, null, three, other));
            refused(
                    "must not be",
                    () -> nn.batchNormGradientTangent(x, norm, saved, y, three, z, z, 0, out, null, three, other));
            refused(
                    "gBetaDot",
                    () -> nn.batchNormGradientTangent(x, norm, saved, y, sparse, z, z, 0, out, null, three, four));
            refused("epsilon", () -> new BatchNorm(three, three, three, other, 0, 0.1f));
            refused("momentum", () -> new BatchNorm(three, three, three, other, 1e-5f, 0));
        }
    }

    @Test
    void refusesDropoutAndSumsThatDoNotFit() {
        Workspace workspace = workspace();
        NnOps nn = workspace.nn();
        Tensor x = workspace.tensor(new Shape(3, 2, 2, 4), Layout.NATIVE);
        Tensor y = workspace.tensor(x.shape(), Layout.NATIVE);
        Tensor fewer = workspace.tensor(x.shape().withBatch(3), Layout.NATIVE);
        RandomStream stream = workspace.randomStream();
        for (float rate : new float[] {1, -0.1f, Float.NaN}) {
            refused("rate", () -> nn.dropout(x, rate, stream, 0, 0, y, null));
        }
        refused("y must have shape", () -> nn.dropout(x, 0.5f, stream, 0, 0, fewer, null));
        refused("must not be", () -> nn.dropout(x, 0.5f, stream, 0, 1, x, null));
        refused("beta", () -> nn.dropout(x, 0.5f, stream, 0, Float.NaN, y, null));
        refused("y must have shape", () -> nn.add(x, 1, fewer, null));
        refused("must not be", () -> nn.add(x, 1, workspace.view(x, 4), null));
        refused("mask was made for", () -> nn.add(x, 0, y, workspace.mask(fewer.shape())));
        refused("layout", () -> nn.add(x, 0, workspace.tensor(x.shape(), Layout.ROW_MAJOR), null));
    }

    @Test
    void refusesMoreElementsThanFit() {
        Workspace workspace = workspace();
        Tensor x = workspace.tensor(new Shape(3, 2, 2, 4), Layout.NATIVE);
        for (long capacity : new long[] {-1, 49}) {
            refused("room for 0 to 48", () -> workspace.sparseTensor(x.shape(), capacity));
        }
        SparseTensor to = workspace.sparseTensor(x.shape(), 20);
        refused("0 to 20", () -> workspace.select().compress(x, 21, to));
        refused("0 to 20", () -> workspace.select().compress(x, -1, to));
        refused("0 to 12", () -> workspace.select().compress(workspace.view(x, 1), 13, to));
        Tensor more = workspace.tensor(x.shape().withBatch(5), Layout.NATIVE);
        refused("to was made for", () -> workspace.select().compress(more, 1, to));
        Tensor rows = workspace.tensor(x.shape(), Layout.ROW_MAJOR);
        refused("layout", () -> workspace.select().compress(rows, 1, to));
    }

    @Test
    void refusesOutputsThatAreInputs() {
        Workspace workspace = workspace();
        Values square = workspace.values(workspace.space(Geometry.matrix(3, 3)), Role.THETA);
        Tensor x = workspace.tensor(Shape.of(3, 3), Layout.NATIVE);
        Tensor matrix = workspace.tensor(Shape.matrix(3, 3), Layout.ROW_MAJOR);
        Product product = workspace.product(Geometry.linear(3, 3));
        refused("must not be", () -> product.forward(square, x, 0, x, Epilogue.NONE));
        refused("must not be", () -> product.inputGradient(square, x, 0, x, null));
        refused("must not be", () -> workspace.sparse().spmm(1, square, x, 0, x));
        refused("must not be", () -> workspace.dense().gemm(false, false, 1, matrix, matrix, 0, matrix));
        refused("must not be", () -> workspace.dense().axpy(1, square, square));
        refused("must not be", () -> workspace.dense().addSquare(square, square));
        refused("must not be", () -> workspace.nn().softmaxCrossEntropyTangent(x, x, x));
        Tensor view = workspace.view(x, 3);
        refused("must not be", () -> product.forward(square, view, 0, x, Epilogue.NONE));
        refused("must not be", () -> product.inputGradient(square, x, 0, view, null));
        refused("must not be", () -> workspace.sparse().spmm(1, square, x, 0, view));
    }

    @Test
    void refusesGroupsThatNameAMemberTwice() {
        Workspace workspace = workspace();
        Space space = workspace.space(4);
        Values theta = workspace.values(space, Role.THETA);
        workspace.values(space, Role.GRADIENT);
        Cell rate = workspace.cell(0.1f);
        refused("twice", () -> workspace.train().sgd(List.of(space, space), rate, Sgd.PLAIN));
        refused("twice", () -> workspace.select().keepTop(List.of(space, space), Role.THETA, 2));
        refused("twice", () -> workspace.select().kthMagnitude(List.of(theta, theta), 2));
    }

    @Test
    void refusesADataSetOfLessThanNothing() {
        MemorySegment none = MemorySegment.ofArray(new byte[0]);
        refused("0 samples or more", () -> workspace().samples(none, none, Shape.of(1, 1), -1));
        refused("0 samples or more", () -> workspace().samples(Shape.of(1, 1), -1));
        refused("batch 1", () -> workspace().samples(Shape.of(1, 2), 3));
    }

    @Test
    void refusesSamplesThatDoNotFitTheirRoom() {
        MemorySegment host = MemorySegment.ofArray(new byte[8]);
        Samples room = workspace().samples(Shape.of(4, 1), 2);
        refused(
                "3 samples do not fit where there is room for 2",
                () -> workspace().upload(host, 3, room));
        refused("-1 samples", () -> workspace().upload(host, -1, room));
        refused("images has 7 bytes", () -> workspace().upload(host.asSlice(1), 2, room));
        Samples set = workspace().samples(host, host, Shape.of(4, 1), 2);
        refused("samples(Shape, long)", () -> workspace().upload(host, 1, set));
    }

    @Test
    @SuppressWarnings("NullAway") // that is what it is about
    void namesWhatIsNull() {
        Workspace workspace = workspace();
        Tensor tensor = workspace.tensor(Shape.of(2, 2), Layout.ROW_MAJOR);
        for (Map.Entry<String, ThrowingCallable> use : Map.<String, ThrowingCallable>of(
                        "layout", () -> workspace.tensor(Shape.of(1, 1), null),
                        "body", () -> workspace.record(null),
                        "values", () -> workspace.dense().fill(null, 0),
                        "a", () -> workspace.sparse().spmm(1, null, tensor, 0, tensor))
                .entrySet()) {
            assertThatThrownBy(use.getValue())
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage(use.getKey());
        }
    }

    @Test
    void refusesAnotherThread() {
        Cell cell = workspace().cell(1);
        assertThatThrownBy(() -> CompletableFuture.supplyAsync(() -> workspace().read(cell))
                        .join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("thread");
    }

    @Test
    void refusesUseAfterClose() {
        Workspace gone = checked().workspace(threads());
        Workspace child = gone.child();
        Tensor tensor = gone.tensor(Shape.of(2, 2), Layout.ROW_MAJOR);
        Step step = gone.record(() -> {});
        gone.close();
        gone.close();
        for (ThrowingCallable use : List.<ThrowingCallable>of(
                () -> gone.tensor(Shape.of(1, 1), Layout.NATIVE),
                () -> gone.download(tensor, MemorySegment.ofArray(new float[4])),
                () -> child.cell(0),
                gone::sync,
                step::run)) {
            assertThatThrownBy(use).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        }
    }

    @Test
    void refusesAStepWithoutTheRolesItsRuleNeeds() {
        try (Rig rig = rig()) {
            Space space = rig.space(2, 2, null);
            rig.values(space, Role.THETA, new float[4]);
            rig.values(space, Role.GRADIENT, new float[4]);
            Cell rate = rig.cell(1);
            List<Space> group = List.of(space);
            rig.workspace().train().sgd(group, rate, Sgd.PLAIN);
            assertThatThrownBy(() -> rig.workspace().train().sgd(group, rate, new Sgd(0.5f, false, 0, 0)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("MOMENTUM");
            assertThatThrownBy(() -> rig.workspace().train().sgd(group, rate, new Sgd(0, false, 0, 0.5f)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("ANCHOR");
        }
    }

    // ---- recorded steps

    @Test
    void refusesToAllocateMoveOrWaitInsideAStep() {
        try (Rig rig = rig()) {
            Workspace workspace = rig.workspace();
            Values values = rig.matrix(2, 2, null, new float[4]);
            Tensor tensor = workspace.tensor(Shape.of(2, 2), Layout.ROW_MAJOR);
            Cell cell = rig.cell(0);
            MemorySegment host = MemorySegment.ofArray(new float[4]);
            Map<String, Runnable> forbidden = new LinkedHashMap<>();
            forbidden.put("tensor", () -> workspace.tensor(Shape.of(1, 1), Layout.NATIVE));
            forbidden.put("space", () -> workspace.space(3));
            forbidden.put("values", () -> workspace.values(values.space(), Role.THETA));
            forbidden.put("cell", () -> workspace.cell(0));
            forbidden.put("mask", () -> workspace.mask(Shape.of(1, 1)));
            forbidden.put("indices", () -> workspace.indices(Shape.of(1, 1)));
            forbidden.put("randomStream", workspace::randomStream);
            forbidden.put("sparseTensor", () -> workspace.sparseTensor(Shape.of(1, 1), 1));
            forbidden.put("child", workspace::child);
            forbidden.put("product", () -> workspace.product(Geometry.linear(2, 2)));
            forbidden.put("upload", () -> workspace.upload(host, values));
            forbidden.put("download", () -> workspace.download(tensor, host));
            RandomStream stream = workspace.randomStream();
            forbidden.put("write", () -> workspace.write(cell, 1));
            forbidden.put("read", () -> workspace.read(cell));
            forbidden.put("sync", workspace::sync);
            forbidden.put("repattern", () -> workspace.repattern(values.space(), null));
            forbidden.put("sparsify", () -> workspace.sparse().sparsify(tensor, 0, values));
            forbidden.put("keepTop", () -> workspace.select().keepTop(List.of(values.space()), Role.THETA, 1));
            forbidden.put("record", () -> workspace.record(() -> {}));
            forbidden.forEach((call, body) -> assertThatThrownBy(() -> run(workspace.record(body)))
                    .as(call)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(call)
                    .hasMessageContaining("step"));
            assertThatThrownBy(() -> run(workspace.record(() -> workspace.write(stream, 1))))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("write");
            run(workspace.record(() -> workspace.dense().fill(values, 3)));
            Close.sameBits("after the refusals", rig.read(values), filled(4, 3));
        }
    }

    private static void run(Step step) {
        step.run();
    }

    @Test
    void runsARecordedStepEachTimeItIsAsked() {
        try (Rig rig = rig()) {
            Values x = rig.matrix(2, 2, null, filled(4, 1));
            Values y = rig.workspace().values(x.space(), Role.GRADIENT);
            Step step = rig.workspace().record(() -> rig.workspace().dense().axpy(2, x, y));
            Close.sameBits("before the first run", rig.read(y), new float[4]);
            for (int i = 1; i <= 3; i++) {
                step.run();
                Close.sameBits("after run " + i, rig.read(y), filled(4, 2 * i));
            }
            rig.upload(x, filled(4, 0.5f));
            step.run();
            Close.sameBits("with new numbers", rig.read(y), filled(4, 7));
        }
    }

    /** A space that changed between runs: the step takes the new pattern, through storage of any kind. */
    @Test
    void followsAChangedPatternInARecordedStep() {
        try (Rig rig = rig()) {
            int rows = 24;
            int cols = 40;
            Space space = rig.space(rows, cols, null);
            Values w = rig.values(space, Role.THETA, filled(space.nnz(), 1));
            Geometry geometry = Geometry.linear(cols, rows);
            Product product = rig.workspace().product(geometry);
            Tensor x = rig.tensor(geometry.inShape(17), 0, filled(cols * 17L, 1));
            Tensor y = rig.tensor(geometry.outShape(17), 0, Numbers.nan(rows * 17L));
            Step step = rig.workspace().record(() -> product.forward(w, x, 0, y, Epilogue.NONE));
            for (int keepEvery : new int[] {1, 2, 50, 1, 7}) {
                // Back to dense first: entries that return have value 0 and get 1 again.
                rig.workspace().repattern(space, null);
                rig.upload(w, filled(space.nnz(), 1));
                SparsityPattern pattern =
                        SparsityPattern.fromMask(rows, cols, (r, c) -> (r * cols + c) % keepEvery == 0);
                rig.workspace().repattern(space, pattern);
                step.run();
                float[] got = rig.read(y);
                for (int r = 0; r < rows; r++) {
                    for (int j = 0; j < 17; j++) {
                        assertThat(got[r * 17 + j])
                                .as("row %s, every %s", r, keepEvery)
                                .isEqualTo(pattern.rowNnz(r));
                    }
                }
            }
        }
    }

    private static void refused(String message, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
