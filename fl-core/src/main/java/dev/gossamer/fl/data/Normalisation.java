package dev.gossamer.fl.data;

import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** How the bytes of a data set become a network's input; each published method has its own way. */
public enum Normalisation {

    /** {@code pixel / 256}: FedSparsify's on FashionMNIST. */
    UNIT {
        @Override
        public PixelTransform transform(Split train) {
            int channels = train.one().channels();
            return new PixelTransform(Collections.nCopies(channels, 1f / 256), Collections.nCopies(channels, 0f));
        }
    },

    /** {@code (pixel / 255 - 0.5) / 0.5}, which is -1 to 1: ZeroFL's and SparseFedPP's. */
    HALF {
        @Override
        public PixelTransform transform(Split train) {
            int channels = train.one().channels();
            return standardise(constant(0.5, channels), constant(0.5, channels));
        }
    },

    /** {@code (pixel / 255 - mean[c]) / deviation[c]} with the constants that SWAT has for CIFAR. */
    CIFAR {
        @Override
        public PixelTransform transform(Split train) {
            if (train.one().channels() != 3) {
                throw new DataException("normalise: cifar is for images of 3 channels, these have "
                        + train.one().channels() + ". Choose unit, half or train");
            }
            return standardise(new double[] {0.4914, 0.4822, 0.4465}, new double[] {0.2023, 0.1994, 0.2010});
        }
    },

    /**
     * The same with mean and standard deviation of each channel over the training split. FedSparsify standardises the test
     * images of CIFAR by their own statistics; here they are taken as a network in use would see them, by the training
     * split's.
     */
    TRAIN {
        @Override
        public PixelTransform transform(Split train) {
            int channels = train.one().channels();
            double[] mean = new double[channels];
            double[] deviation = new double[channels];
            for (int channel = 0; channel < channels; channel++) {
                long[] counts = histogram(train, channel);
                mean[channel] = mean(counts) / 255;
                deviation[channel] = deviation(counts) / 255;
                if (deviation[channel] == 0) {
                    throw new DataException("normalise: train divides by the standard deviation of each channel, but"
                            + " channel " + channel + " is " + Math.round(255 * mean[channel])
                            + " in every training image. Choose unit or half");
                }
            }
            return standardise(mean, deviation);
        }
    };

    /** The names in configurations. */
    public static final List<String> NAMES =
            Arrays.stream(values()).map(Normalisation::setting).toList();

    /** The normalisation of a name in {@link #NAMES}. */
    public static Normalisation named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** The name in configurations. */
    public String setting() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The transform for a data set.
     *
     * @param train its training split
     * @throws DataException if the split cannot be normalised in this way
     */
    public abstract PixelTransform transform(Split train);

    private static PixelTransform standardise(double[] mean, double[] deviation) {
        Float[] scale = new Float[mean.length];
        Float[] shift = new Float[mean.length];
        for (int channel = 0; channel < mean.length; channel++) {
            scale[channel] = (float) (1 / (255 * deviation[channel]));
            shift[channel] = (float) (-mean[channel] / deviation[channel]);
        }
        return new PixelTransform(List.of(scale), List.of(shift));
    }

    private static double[] constant(double value, int channels) {
        double[] array = new double[channels];
        Arrays.fill(array, value);
        return array;
    }

    /** How often a channel has each value: exact, whatever the number of pixels. */
    private static long[] histogram(Split split, int channel) {
        long plane = (long) split.one().height() * split.one().width();
        long[] counts = new long[256];
        MemorySegment images = split.images();
        for (int sample = 0; sample < split.count(); sample++) {
            long from = (long) sample * split.one().features() + channel * plane;
            for (long at = from; at < from + plane; at++) {
                counts[Byte.toUnsignedInt(images.get(ValueLayout.JAVA_BYTE, at))]++;
            }
        }
        return counts;
    }

    private static double mean(long[] counts) {
        long sum = 0;
        for (int value = 0; value < counts.length; value++) {
            sum += value * counts[value];
        }
        return (double) sum / Arrays.stream(counts).sum();
    }

    private static double deviation(long[] counts) {
        double mean = mean(counts);
        double sum = 0;
        for (int value = 0; value < counts.length; value++) {
            sum += counts[value] * (value - mean) * (value - mean);
        }
        return Math.sqrt(sum / Arrays.stream(counts).sum());
    }
}
