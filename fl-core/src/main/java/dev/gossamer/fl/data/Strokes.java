package dev.gossamer.fl.data;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The data set that needs no file: grey images of 28x28 pixels, each one of ten stroke-drawn symbols (see
 * {@link StrokeSymbol}) turned, scaled, slanted, shifted, bent, drawn with a stroke of some width, and disturbed by
 * another stroke and by bright pixels.
 *
 * <p>Classes are balanced: sample i has class i mod 10. An image depends on the seed, the split and its index only, and
 * is the same to the bit on every JVM: float arithmetic is strict, and functions that are not exactly rounded come from
 * {@link StrictMath}.
 *
 * <p>It is made so that a network gains from its hidden layers: a linear model trained on all the data stays below 80 %,
 * an MLP 784-128-128-10 passes 90 %; a test trains both.
 */
public final class Strokes {

    /** The name on the command line. */
    public static final String NAME = "strokes";

    public static final int TRAIN_COUNT = 20_000;
    public static final int TEST_COUNT = 4_000;
    public static final int SIDE = 28;
    public static final int CLASSES = StrokeSymbol.values().length;

    private static final int TRAIN = 0;
    private static final int TEST = 1;

    private static final PixelTransform TRANSFORM = PixelTransform.scale(1f / 256);

    private Strokes() {}

    /** Draws the data set, in a second or two on one core. The same seed gives the same bytes. */
    public static Dataset generate(long seed) {
        return generate(seed, Style.DEFAULT);
    }

    static Dataset generate(long seed, Style style) {
        Arena arena = Arena.ofShared();
        Split train = split(seed, TRAIN, TRAIN_COUNT, style, arena);
        Split test = split(seed, TEST, TEST_COUNT, style, arena);
        return new Dataset(NAME, train, test, CLASSES, TRANSFORM, arena);
    }

    private static Split split(long seed, int which, int count, Style style, Arena arena) {
        Shape one = new Shape(1, SIDE, SIDE, 1);
        MemorySegment images = arena.allocate((long) count * one.features(), 64);
        MemorySegment labels = arena.allocate(count, 64);
        StrokeSymbol[] symbols = StrokeSymbol.values();
        StrokeCanvas canvas = new StrokeCanvas(SIDE);
        for (int i = 0; i < count; i++) {
            int label = i % symbols.length;
            canvas.clear();
            style.draw(symbols[label], SplitMix64.of(seed, which, i), canvas);
            canvas.writeTo(images, (long) i * one.features());
            labels.set(ValueLayout.JAVA_BYTE, i, (byte) label);
        }
        return new Split(images, labels, one, count);
    }

    /**
     * How much an image may differ from its symbol. Lengths are in pixels unless said otherwise; each quantity is drawn
     * uniformly between minus and plus its value, or between least and most.
     *
     * @param rotationDegrees turn
     * @param leastRadius half the side of the symbol's square
     * @param mostRadius of the same
     * @param stretch relative difference between width and height
     * @param slant horizontal shift per vertical length
     * @param shift of the centre, each way
     * @param bend amplitude of the waves that bend the symbol, in symbol units
     * @param leastHalfWidth half the width of a stroke
     * @param mostHalfWidth of the same
     * @param distractors strokes that belong to no symbol, at most
     * @param specks single bright pixels, at most
     */
    record Style(
            float rotationDegrees,
            float leastRadius,
            float mostRadius,
            float stretch,
            float slant,
            float shift,
            float bend,
            float leastHalfWidth,
            float mostHalfWidth,
            int distractors,
            int specks) {

        static final Style DEFAULT = new Style(40, 7, 10, 0.15f, 0.2f, 2.75f, 0.1f, 0.8f, 1.4f, 1, 8);

        private static final float CENTRE = (SIDE - 1) / 2f;

        void draw(StrokeSymbol symbol, SplitMix64 random, StrokeCanvas canvas) {
            Placement placement = Placement.random(this, random);
            float halfWidth = random.nextFloat(leastHalfWidth, mostHalfWidth);
            float brightness = random.nextFloat(0.6f, 1);
            for (StrokeSymbol.Curve curve : symbol.curves()) {
                drawCurve(curve, placement, halfWidth, brightness, canvas);
            }
            for (int left = random.nextInt(distractors + 1); left > 0; left--) {
                drawDistractor(random, canvas);
            }
            for (int left = random.nextInt(specks + 1); left > 0; left--) {
                canvas.dot(random.nextInt(SIDE), random.nextInt(SIDE), random.nextFloat());
            }
        }

        private static void drawCurve(
                StrokeSymbol.Curve curve, Placement placement, float halfWidth, float brightness, StrokeCanvas canvas) {
            float x = placement.x(curve.x()[0], curve.y()[0]);
            float y = placement.y(curve.x()[0], curve.y()[0]);
            for (int i = 1; i < curve.points(); i++) {
                float nextX = placement.x(curve.x()[i], curve.y()[i]);
                float nextY = placement.y(curve.x()[i], curve.y()[i]);
                canvas.line(x, y, nextX, nextY, halfWidth, brightness);
                x = nextX;
                y = nextY;
            }
        }

        private void drawDistractor(SplitMix64 random, StrokeCanvas canvas) {
            float x = random.nextFloat(0, SIDE - 1);
            float y = random.nextFloat(0, SIDE - 1);
            float halfWidth = random.nextFloat(leastHalfWidth, mostHalfWidth);
            float brightness = random.nextFloat(0.4f, 1);
            canvas.line(x, y, x + random.nextFloat(-7, 7), y + random.nextFloat(-7, 7), halfWidth, brightness);
        }
    }

    /** From a symbol's square to pixels: bent by two waves, then an affine map. */
    private record Placement(float xx, float xy, float yx, float yy, float x0, float y0, Wave bendX, Wave bendY) {

        static Placement random(Style style, SplitMix64 random) {
            double angle = StrictMath.toRadians(random.nextFloat(-style.rotationDegrees, style.rotationDegrees));
            float cos = (float) StrictMath.cos(angle);
            float sin = (float) StrictMath.sin(angle);
            float radius = random.nextFloat(style.leastRadius, style.mostRadius);
            float stretch = random.nextFloat(-style.stretch, style.stretch);
            float slant = random.nextFloat(-style.slant, style.slant);
            float width = radius * (1 + stretch);
            float height = radius * (1 - stretch);
            // Slant and scale first, then turn.
            float slanted = width * slant;
            return new Placement(
                    cos * width,
                    cos * slanted - sin * height,
                    sin * width,
                    sin * slanted + cos * height,
                    Style.CENTRE + random.nextFloat(-style.shift, style.shift),
                    Style.CENTRE + random.nextFloat(-style.shift, style.shift),
                    Wave.random(style.bend, random),
                    Wave.random(style.bend, random));
        }

        float x(float u, float v) {
            return x0 + xx * (u + bendX.at(u, v)) + xy * (v + bendY.at(u, v));
        }

        float y(float u, float v) {
            return y0 + yx * (u + bendX.at(u, v)) + yy * (v + bendY.at(u, v));
        }
    }

    /** A sine over the symbol's square, at most about one wave long. */
    private record Wave(float amplitude, float alongU, float alongV, float phase) {

        static Wave random(float mostAmplitude, SplitMix64 random) {
            return new Wave(
                    random.nextFloat(-mostAmplitude, mostAmplitude),
                    random.nextFloat(-3, 3),
                    random.nextFloat(-3, 3),
                    random.nextFloat(0, 6.2831855f));
        }

        float at(float u, float v) {
            return amplitude * (float) StrictMath.sin(alongU * u + alongV * v + phase);
        }
    }
}
