package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import dev.gossamer.fl.nn.PoolSpec.Kind;
import java.util.ArrayList;
import java.util.List;

/** The model zoo. Parameters have the names that the equivalent PyTorch module gives them. */
public final class Models {

    /** Names that {@link #named} knows. */
    public static final List<String> NAMES = List.of(
            "mlp",
            "lenet-300-100",
            "linear",
            "cnn-cifar10",
            "vgg16",
            "resnet18",
            "resnet18-half",
            "resnet18-speech",
            "cnn-femnist");

    private static final Window HALVING = Window.square(2);

    private Models() {}

    /**
     * The model with a name, for data of a shape.
     *
     * <ul>
     *   <li>{@code mlp}: in-128-128-classes with ReLU, FedSparsify's FashionMNIST network (118,282 parameters for 784 inputs
     *       and 10 classes)
     *   <li>{@code lenet-300-100}: in-300-100-classes with ReLU, the network of pruning papers for MNIST (266,610 parameters for 784
     *       inputs and 10 classes)
     *   <li>{@code linear}: multinomial logistic regression
     *   <li>{@code cnn-cifar10}: {@link #cnnCifar10}
     *   <li>{@code vgg16}: {@link #vgg16}
     *   <li>{@code resnet18}: {@link #resnet18}
     *   <li>{@code resnet18-half}: {@link #resnet18Half}
     *   <li>{@code resnet18-speech}: {@link #resnet18Speech}
     *   <li>{@code cnn-femnist}: {@link #cnnFemnist}
     * </ul>
     *
     * @param one shape of one sample
     * @throws IllegalArgumentException naming the models there are, if there is none of this name, or the layer that cannot
     *     take such samples
     */
    public static ModelSpec named(String name, Shape one, int classes) {
        return switch (name) {
            case "mlp" -> mlp(one.features(), 128, 128, classes);
            case "lenet-300-100" -> mlp(one.features(), 300, 100, classes);
            case "linear" -> linear(one.features(), classes);
            case "cnn-cifar10" -> cnnCifar10(one, classes);
            case "vgg16" -> vgg16(one, classes);
            case "resnet18" -> resnet18(one, classes);
            case "resnet18-half" -> resnet18Half(one, classes);
            case "resnet18-speech" -> resnet18Speech(one, classes);
            case "cnn-femnist" -> cnnFemnist(one, classes);
            default -> throw new IllegalArgumentException("Unknown model '" + name + "'. Known: " + NAMES);
        };
    }

    /**
     * Fully connected layers with ReLU between them.
     *
     * @param widths input features, hidden layers, classes; layer i is named {@code fc<i>}, counted from 1
     */
    public static ModelSpec mlp(int... widths) {
        if (widths.length < 2) {
            throw new IllegalArgumentException("An MLP needs at least input and output widths");
        }
        List<LayerSpec> layers = new ArrayList<>();
        for (int i = 1; i < widths.length; i++) {
            Activation activation = i < widths.length - 1 ? Activation.RELU : Activation.IDENTITY;
            layers.add(new LinearSpec("fc" + i, widths[i], activation));
        }
        return new ModelSpec("mlp", Shape.of(widths[0], 1), layers);
    }

    /** One layer from the inputs to the logits. */
    public static ModelSpec linear(int features, int classes) {
        return new ModelSpec(
                "linear", Shape.of(features, 1), List.of(new LinearSpec("fc1", classes, Activation.IDENTITY)));
    }

    /**
     * FedSparsify's CIFAR-10 network: three pairs of 3x3 convolutions, each followed by a max pool, the first two pools by a
     * batch normalisation; two fully connected layers with dropout between them. 1,609,930 trainable parameters and 384
     * statistics for 3x32x32 and 10 classes.
     *
     * <p>Source: "Federated Progressive Sparsification (Purge, Merge, Tune)+", Stripelis, Gupta, Ver Steeg, Ambite, 2022.
     */
    public static ModelSpec cnnCifar10(Shape one, int classes) {
        List<LayerSpec> layers = new ArrayList<>();
        int conv = 1;
        for (int block = 1; block <= 3; block++) {
            int channels = block == 1 ? 64 : 128;
            layers.add(conv3x3("conv" + conv++, channels, Activation.RELU));
            layers.add(conv3x3("conv" + conv++, channels, Activation.RELU));
            layers.add(new PoolSpec("pool" + block, Kind.MAX, HALVING));
            if (block < 3) {
                layers.add(BatchNormSpec.keras("bn" + block, Activation.IDENTITY));
            }
        }
        layers.add(new LinearSpec("fc1", 512, Activation.RELU));
        layers.add(new DropoutSpec("dropout", 0.2f));
        layers.add(new LinearSpec("fc2", classes, Activation.IDENTITY));
        return new ModelSpec("cnn-cifar10", one, layers);
    }

    /**
     * VGG-16 with a batch normalisation after each of the 13 convolutions and a single fully connected layer, as FedSparsify
     * trains it on CIFAR-100: 14,774,436 trainable parameters and 8,448 statistics for 3x32x32 and 100 classes. Names as in
     * torchvision's {@code vgg16_bn}, {@code features} being one sequence that counts ReLUs and pools too.
     *
     * <p>Source: "Very deep convolutional networks for large-scale image recognition", Simonyan, Zisserman, ICLR 2015,
     * configuration D.
     */
    public static ModelSpec vgg16(Shape one, int classes) {
        int[][] blocks = {{64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
        List<LayerSpec> layers = new ArrayList<>();
        int number = 0;
        for (int[] block : blocks) {
            for (int channels : block) {
                layers.add(conv3x3("features." + number, channels, Activation.IDENTITY));
                layers.add(BatchNormSpec.keras("features." + (number + 1), Activation.RELU));
                number += 3; // the ReLU is the third
            }
            layers.add(new PoolSpec("features." + number, Kind.MAX, HALVING));
            number++;
        }
        layers.add(new LinearSpec("classifier", classes, Activation.IDENTITY));
        return new ModelSpec("vgg16", one, layers, Initializer.HE_NORMAL);
    }

    /**
     * ResNet-18 for small images: a 3x3 stem without pool. 11,173,962 trainable parameters, of them 11,164,352 weights, and
     * 9,600 statistics for 3x32x32 and 10 classes.
     *
     * <p>Source: "Deep residual learning for image recognition", He, Zhang, Ren, Sun, CVPR 2016.
     */
    public static ModelSpec resnet18(Shape one, int classes) {
        return residual("resnet18", one, smallImageStem(64), 64, classes);
    }

    /**
     * {@link #resnet18} with half the channels everywhere: a quarter of its operations, for machines where the whole is too much.
     * 2,797,610 trainable parameters and 4,800 statistics for 3x32x32 and 10 classes.
     */
    public static ModelSpec resnet18Half(Shape one, int classes) {
        return residual("resnet18-half", one, smallImageStem(32), 32, classes);
    }

    private static List<LayerSpec> smallImageStem(int channels) {
        return List.of(
                new ConvSpec("conv1", channels, 3, 1, 1, false, Activation.IDENTITY),
                BatchNormSpec.pytorch("bn1", Activation.RELU));
    }

    /**
     * ResNet-18 with the stem for large images, a 7x7 convolution and a max pool, on whatever channels there are:
     * 11,188,195 trainable parameters for one channel and the 35 words of SpeechCommands.
     *
     * <p>Source: as {@link #resnet18}.
     */
    public static ModelSpec resnet18Speech(Shape one, int classes) {
        List<LayerSpec> stem = List.of(
                new ConvSpec("conv1", 64, 7, 2, 3, false, Activation.IDENTITY),
                BatchNormSpec.pytorch("bn1", Activation.RELU),
                new PoolSpec("maxpool", Kind.MAX, new Window(3, 3, 2, 1)));
        return residual("resnet18-speech", one, stem, 64, classes);
    }

    private static ModelSpec residual(String name, Shape one, List<LayerSpec> stem, int width, int classes) {
        List<LayerSpec> layers = new ArrayList<>(stem);
        for (int stage = 1; stage <= 4; stage++) {
            int channels = width << (stage - 1);
            layers.add(new ResidualBlockSpec("layer" + stage + ".0", channels, stage == 1 ? 1 : 2));
            layers.add(new ResidualBlockSpec("layer" + stage + ".1", channels, 1));
        }
        layers.add(new PoolSpec("avgpool", Kind.AVERAGE, null));
        layers.add(new LinearSpec("fc", classes, Activation.IDENTITY));
        return new ModelSpec(name, one, layers, Initializer.TRUNCATED_NORMAL);
    }

    /**
     * LEAF's network for FEMNIST: two 5x5 convolutions, each with a max pool, and two fully connected layers. 6,603,710
     * parameters for 1x28x28 and 62 classes.
     *
     * <p>Source: "LEAF: A benchmark for federated settings", Caldas, Duddu, Wu, Li, Konečný, McMahan, Smith, Talwalkar, 2018.
     */
    public static ModelSpec cnnFemnist(Shape one, int classes) {
        return new ModelSpec(
                "cnn-femnist",
                one,
                List.of(
                        new ConvSpec("conv1", 32, 5, 1, 2, true, Activation.RELU),
                        new PoolSpec("pool1", Kind.MAX, HALVING),
                        new ConvSpec("conv2", 64, 5, 1, 2, true, Activation.RELU),
                        new PoolSpec("pool2", Kind.MAX, HALVING),
                        new LinearSpec("fc1", 2048, Activation.RELU),
                        new LinearSpec("fc2", classes, Activation.IDENTITY)));
    }

    private static ConvSpec conv3x3(String name, int channels, Activation activation) {
        return new ConvSpec(name, channels, 3, 1, 1, true, activation);
    }
}
