package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gossamer.fl.sparsity.PruningSchedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every Params and C.C. cell of the FedSparsify paper's tables 1 and 2 follows from schedule and accounting. */
class PaperTablesTest {

    private static final int CLIENTS = 10;

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
        check(new Model(118_282, 0, 200, PaperAccounting.PARAMETERS), sparsity, parameters, communication);
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
        check(new Model(1_609_930, 384, 200, PaperAccounting.PARAMETERS), sparsity, parameters, communication);
    }

    /**
     * The dense row of the CIFAR-10 table prints the trainable parameters, without the batch-norm statistics that the
     * other rows include; its communication includes them.
     */
    @Test
    void cifar10Dense() {
        check(new Model(1_609_930, 384, 200, PaperAccounting.PARAMETERS), 0, 1_609_930 + 384, 6441);
    }

    @ParameterizedTest(name = "CIFAR-100 at {0}")
    @CsvSource({"0, 14782884, 946104", "0.90, 1485892, 314253", "0.95, 747170, 279150", "0.99, 156193, 251067"})
    void cifar100(double sparsity, long parameters, long communication) {
        check(new Model(14_774_436, 8_448, 100, PaperAccounting.BITS), sparsity, parameters, communication);
    }

    private record Model(long trainable, long state, int rounds, int unit) {}

    private static void check(Model model, double sparsity, long parameters, long communication) {
        PruningSchedule schedule = PruningSchedule.cubic(sparsity, model.rounds);
        assertThat(schedule.keptAt(model.rounds, model.trainable) + model.state).isEqualTo(parameters);
        long millions = PaperAccounting.millions(
                CLIENTS, model.rounds, t -> schedule.keptAt(t, model.trainable) + model.state, model.unit);
        assertThat(millions).isEqualTo(communication);
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
