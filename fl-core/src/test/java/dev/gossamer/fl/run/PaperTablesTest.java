package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.PruningSchedule;
import java.util.Set;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every Params and C.C. cell of the FedSparsify paper's tables 1 and 2 follows from model, schedule and accounting. */
class PaperTablesTest {

    private static final int CLIENTS = 10;
    private static final ModelSpec FASHION_MNIST = Models.named("mlp", new Shape(1, 28, 28, 1), 10);
    private static final ModelSpec CIFAR_10 = Models.named("cnn-cifar10", new Shape(3, 32, 32, 1), 10);
    private static final ModelSpec CIFAR_100 = Models.named("vgg16", new Shape(3, 32, 32, 1), 100);

    @ParameterizedTest(name = "FashionMNIST at {0}")
    @CsvSource({
        "0, 118282, 473",
        "0.80, 23657, 190",
        "0.85, 17743, 173",
        "0.90, 11829, 155",
        "0.95, 5915, 137",
        "0.99, 1183, 123"
    })
    void fashionMnist(double sparsity, long parameters, long communication) {
        check(FASHION_MNIST, 200, PaperAccounting.PARAMETERS, sparsity, parameters, communication);
    }

    @ParameterizedTest(name = "CIFAR-10 at {0}")
    @CsvSource({
        "0.80, 322370, 2596",
        "0.85, 241874, 2356",
        "0.90, 161377, 2116",
        "0.95, 80881, 1875",
        "0.99, 16484, 1683"
    })
    void cifar10(double sparsity, long parameters, long communication) {
        check(CIFAR_10, 200, PaperAccounting.PARAMETERS, sparsity, parameters, communication);
    }

    /**
     * The dense row of the CIFAR-10 table prints the trainable parameters, without the batch-norm statistics that the
     * other rows include; its communication includes them.
     */
    @Test
    void cifar10Dense() {
        check(CIFAR_10, 200, PaperAccounting.PARAMETERS, 0, 1_609_930 + 384, 6441);
    }

    @ParameterizedTest(name = "CIFAR-100 at {0}")
    @CsvSource({"0, 14782884, 946104", "0.90, 1485892, 314253", "0.95, 747170, 279150", "0.99, 156193, 251067"})
    void cifar100(double sparsity, long parameters, long communication) {
        check(CIFAR_100, 100, PaperAccounting.BITS, sparsity, parameters, communication);
    }

    private static void check(
            ModelSpec model, int rounds, int unit, double sparsity, long parameters, long communication) {
        PruningSchedule schedule = PruningSchedule.cubic(sparsity, rounds);
        IntToLongFunction nonZeros = t -> schedule.keptAt(t, model.parameterCount()) + model.stateCount();
        assertThat(nonZeros.applyAsLong(rounds)).isEqualTo(parameters);
        assertThat(PaperAccounting.millions(CLIENTS, rounds, nonZeros, unit)).isEqualTo(communication);
    }

    /** The mask rule on the real model: the rows' counts are those of a pruned state, statistics all there. */
    @Test
    void aPrunedCifar10NetworkHasThePublishedCount() {
        ModelState model = CIFAR_10.initial(1990);
        Set<String> trained = CIFAR_10.trainedNames();
        long kept = PruningSchedule.cubic(0.9, 200).keptAt(200, CIFAR_10.parameterCount());

        ModelState pruned = MagnitudePruning.keepTop(model, tensor -> trained.contains(tensor.name()), kept);

        assertThat(pruned.nnz()).isEqualTo(161_377);
        assertThat(pruned.tensor("bn2.running_var").pattern()).isNull();
    }

    @Test
    void countsADownloadBeforeAndAnUploadAfterPruning() {
        PaperAccounting accounting = new PaperAccounting(1000);
        accounting.addRound(3, 400);
        accounting.addRound(2, 100);
        assertThat(accounting.parametersSent()).isEqualTo(3 * (1000 + 400) + 2 * (400 + 100));
    }

    @Test
    void roundsDownToMillions() {
        PaperAccounting accounting = new PaperAccounting(999_999);
        accounting.addRound(1, 0);
        assertThat(accounting.millions(PaperAccounting.PARAMETERS)).isZero();
        assertThat(accounting.millions(PaperAccounting.BITS)).isEqualTo(31);
    }

    @Test
    void refusesNonsenseAndOverflow() {
        assertThatIllegalArgumentException().isThrownBy(() -> new PaperAccounting(-1));
        PaperAccounting accounting = new PaperAccounting(Long.MAX_VALUE / 2);
        assertThatIllegalArgumentException().isThrownBy(() -> accounting.addRound(0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> accounting.millions(0));
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(() -> accounting.addRound(3, 1));
    }
}
