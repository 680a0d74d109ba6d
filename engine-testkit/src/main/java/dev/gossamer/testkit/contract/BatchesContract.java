package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.nan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Batches;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code batch}: pixels, classes and the position in the epoch. */
public abstract class BatchesContract extends BackendContract {

    private static final int CLASSES = 7;

    @Test
    void takesTheSamplesOfTheOrder() {
        cases("batch", 40, (c, rig) -> {
            Shape one = c.turn(
                    "one", Shape.of(13, 1), new Shape(1, 4, 5, 1), new Shape(3, 3, 2, 1), new Shape(5, 12, 11, 1));
            int batch = c.pick("batch", 1, 2, 15, 16, 17, 32, 33, 65);
            int count = batch + c.random().nextInt(100);
            PixelTransform transform = transform(c, one.channels());
            try (Arena arena = Arena.ofShared()) {
                MemorySegment images = bytes(c, arena, (long) count * one.features(), 256);
                MemorySegment classes = bytes(c, arena, count, CLASSES);
                Samples samples = rig.workspace().samples(images, classes, one, count);
                int[] visits = c.indices(3 * batch, count);
                Order order = rig.workspace().order(3 * batch + 5);
                rig.workspace().upload(MemorySegment.ofArray(visits), visits.length, order);
                Shape shape = switch (c.pick("x", "flat", "as samples", "one row")) {
                    case "flat" -> Shape.of(one.features(), batch);
                    case "one row" -> new Shape(1, 1, one.features(), batch);
                    default -> one.withBatch(batch);
                };
                Tensor x = rig.tensor(shape, c.pick("beyond", 0, 16, 3), nan(shape.size()));
                Labels labels = rig.workspace().labels(batch);
                Cell position = rig.cell(batch);

                rig.workspace().data().batch(samples, transform, order, position, x, labels);

                int[] picks = Arrays.copyOfRange(visits, batch, 2 * batch);
                assertThat(rig.read(position)).as("position").isEqualTo(2 * batch);
                Close.same("x", rig.read(x), Batches.pixels(images, one, transform, picks));
                assertThat(read(rig, labels, batch)).as("labels").isEqualTo(Batches.classes(classes, picks));

                rig.workspace().data().batch(samples, transform, order, position, x, labels);

                int[] next = Arrays.copyOfRange(visits, 2 * batch, 3 * batch);
                assertThat(rig.read(position)).as("position").isEqualTo(3 * batch);
                Close.same("next x", rig.read(x), Batches.pixels(images, one, transform, next));
            }
        });
    }

    /** Room for samples begins as zeros of class 0, takes the first few anew each time, and leaves the others alone. */
    @Test
    void takesSamplesThatComeLater() {
        cases("uploaded samples", 12, (c, rig) -> {
            Workspace workspace = rig.workspace();
            Shape one = c.turn("one", Shape.of(13, 1), new Shape(1, 4, 5, 1), new Shape(3, 3, 2, 1));
            int count = c.pick("count", 1, 3, 16, 33);
            Samples samples = workspace.samples(one, count);
            Order order = workspace.order(count);
            int[] all = IntStream.range(0, count).toArray();
            workspace.upload(MemorySegment.ofArray(all), count, order);
            Tensor x = rig.tensor(one.withBatch(count), 0, nan((long) one.features() * count));
            Labels labels = workspace.labels(count);
            Cell position = rig.cell(0);
            PixelTransform transform = transform(c, one.channels());
            Step step = workspace.record(() -> workspace.data().batch(samples, transform, order, position, x, labels));
            byte[] expected = new byte[count * one.features()];
            for (int part : new int[] {0, count, (count + 1) / 2, 1}) {
                byte[] images = new byte[part * one.features()];
                c.random().nextBytes(images);
                workspace.upload(MemorySegment.ofArray(images), part, samples);
                System.arraycopy(images, 0, expected, 0, images.length);
                Arrays.fill(images, (byte) 77); // the caller's again
                workspace.write(position, 0);
                step.run();
                Close.same("x", rig.read(x), Batches.pixels(MemorySegment.ofArray(expected), one, transform, all));
                assertThat(read(rig, labels, count)).as("labels").containsOnly(0);
            }
        });
    }

    /** To the bit: what is drawn depends on key, step, site and position in the epoch alone. */
    @Test
    void cropsAndMirrors() {
        cases("augmentation", 48, (c, rig) -> {
            Shape one =
                    c.turn("one", new Shape(3, 8, 8, 1), new Shape(1, 4, 5, 1), new Shape(2, 1, 9, 1), Shape.of(3, 1));
            int batch = c.pick("batch", 1, 2, 15, 16, 17, 33, 65);
            int count = batch + c.random().nextInt(50);
            PixelTransform transform = transform(c, one.channels());
            RandomStream stream = rig.workspace().randomStream();
            long key = c.note("key", c.random().nextLong());
            rig.workspace().write(stream, key);
            Augmentation augmentation = new Augmentation(
                    c.pick("padding", 0, 1, 2, 4, 11), c.pick("flip", true, false), stream, c.pick("site", 0, 5));
            try (Arena arena = Arena.ofShared()) {
                MemorySegment images = bytes(c, arena, (long) count * one.features(), 256);
                MemorySegment classes = bytes(c, arena, count, CLASSES);
                Samples samples = rig.workspace().samples(images, classes, one, count);
                int[] visits = c.indices(2 * batch, count);
                Order order = rig.workspace().order(2 * batch);
                rig.workspace().upload(MemorySegment.ofArray(visits), visits.length, order);
                Shape shape = one.withBatch(batch);
                Tensor x = rig.tensor(shape, c.pick("beyond", 0, 16, 3), nan(shape.size()));
                Labels labels = rig.workspace().labels(batch);
                Cell position = rig.cell(0);
                Step step = rig.workspace().record(() -> {
                    rig.workspace().data().batch(samples, transform, augmentation, order, position, x, labels);
                    rig.workspace().nn().advance(stream);
                });
                for (int i = 0; i < 2; i++) {
                    step.run();
                    int[] picks = Arrays.copyOfRange(visits, i * batch, (i + 1) * batch);
                    MemorySegment seen = Batches.augmented(images, one, picks, augmentation, key, i, (long) i * batch);
                    int[] all = IntStream.range(0, batch).toArray();
                    Close.same("augmented x", rig.read(x), Batches.pixels(seen, one, transform, all));
                    assertThat(read(rig, labels, batch)).as("labels").isEqualTo(Batches.classes(classes, picks));
                }
                assertThat(rig.read(position)).as("position").isEqualTo(2 * batch);
            }
        });
    }

    @Test
    void tellsOfABatchBeyondTheOrder() {
        tellsOf(new int[] {0, 1, 2}, 1);
        tellsOf(new int[] {0, 1, 2}, -1);
    }

    @Test
    void tellsOfASampleThatTheDataSetDoesNotHave() {
        tellsOf(new int[] {0, 1, 5}, 0);
        tellsOf(new int[] {0, -1, 4}, 0);
    }

    /** A wrong batch of 3 out of 5 samples is told at the latest by the next call that waits; then the workspace goes on. */
    private void tellsOf(int[] visits, int position) {
        try (Rig rig = rig();
                Arena arena = Arena.ofShared()) {
            Workspace workspace = rig.workspace();
            Samples samples = workspace.samples(arena.allocate(5 * 4), arena.allocate(5), new Shape(1, 2, 2, 1), 5);
            Order order = workspace.order(3);
            workspace.upload(MemorySegment.ofArray(visits), 3, order);
            Tensor x = workspace.tensor(new Shape(1, 2, 2, 3), Layout.NATIVE);
            Labels labels = workspace.labels(3);
            Cell at = rig.cell(position);
            assertThatThrownBy(() -> {
                        workspace.data().batch(samples, PixelTransform.scale(1), order, at, x, labels);
                        workspace.sync();
                    })
                    .isInstanceOf(IllegalArgumentException.class);
            workspace.upload(MemorySegment.ofArray(new int[] {0, 1, 4}), 3, order);
            workspace.write(at, 0);
            workspace.data().batch(samples, PixelTransform.scale(1), order, at, x, labels);
            assertThat(rig.read(at)).as("position").isEqualTo(3);
        }
    }

    private static PixelTransform transform(Case c, int channels) {
        if (c.pick("shifted", true, false)) {
            return new PixelTransform(
                    IntStream.range(0, channels).mapToObj(i -> (i + 1) / 255f).toList(),
                    IntStream.range(0, channels).mapToObj(i -> i * 0.3f - 0.5f).toList());
        }
        return new PixelTransform(
                Stream.generate(() -> 1 / 255f).limit(channels).toList(),
                Stream.generate(() -> 0f).limit(channels).toList());
    }

    private static MemorySegment bytes(Case c, Arena arena, long count, int below) {
        MemorySegment bytes = arena.allocate(count);
        for (long i = 0; i < count; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) c.random().nextInt(below));
        }
        return bytes;
    }

    /** Labels are opaque: at equal logits only the label's class has a negative gradient. */
    private static int[] read(Rig rig, Labels labels, int batch) {
        Tensor logits = rig.tensor(Shape.of(CLASSES, batch), 0, new float[CLASSES * batch]);
        rig.workspace().nn().softmaxCrossEntropy(logits, labels, logits, rig.cell(0), rig.cell(0));
        float[] gradient = rig.read(logits);
        int[] classes = new int[batch];
        for (int j = 0; j < batch; j++) {
            for (int k = 0; k < CLASSES; k++) {
                classes[j] = gradient[k * batch + j] < 0 ? k : classes[j];
            }
        }
        return classes;
    }
}
