package dev.gossamer.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backend;
import dev.gossamer.testkit.PaddingProbe;
import dev.gossamer.testkit.contract.AddContract;
import dev.gossamer.testkit.contract.BackendContract;
import dev.gossamer.testkit.contract.BatchNormContract;
import dev.gossamer.testkit.contract.BatchesContract;
import dev.gossamer.testkit.contract.CheckedContract;
import dev.gossamer.testkit.contract.ConvolutionContract;
import dev.gossamer.testkit.contract.DropoutContract;
import dev.gossamer.testkit.contract.ElementwiseContract;
import dev.gossamer.testkit.contract.GatherScatterContract;
import dev.gossamer.testkit.contract.GemmContract;
import dev.gossamer.testkit.contract.PoolContract;
import dev.gossamer.testkit.contract.ProductContract;
import dev.gossamer.testkit.contract.RecordedStepContract;
import dev.gossamer.testkit.contract.RetileContract;
import dev.gossamer.testkit.contract.SelectionContract;
import dev.gossamer.testkit.contract.SgdContract;
import dev.gossamer.testkit.contract.SignedPowerContract;
import dev.gossamer.testkit.contract.SoftmaxCrossEntropyContract;
import dev.gossamer.testkit.contract.SparseActivationContract;
import dev.gossamer.testkit.contract.SparseWeightsContract;
import dev.gossamer.testkit.contract.SpmmContract;
import dev.gossamer.testkit.contract.TrainingStepContract;
import dev.gossamer.testkit.contract.WorkspaceContract;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** The test of the tests: a contract passes on a right backend and fails on a wrong one, for the right reason. */
class PlantedFaultsTest {

    private static Fault current;

    private static Backend planted() {
        return new FaultyBackend(current);
    }

    @AfterEach
    void removeTheFault() {
        current = null;
    }

    @ParameterizedTest
    @EnumSource
    void isFound(Fault fault) {
        current = fault;
        TestExecutionSummary summary = run(fault.contract());
        assertThat(summary.getFailures())
                .as("failures of %s", fault.contract().getSimpleName())
                .extracting(failure -> String.valueOf(failure.getException().getMessage()))
                .anyMatch(message -> message.contains(fault.symptom()));
    }

    @ParameterizedTest
    @MethodSource("contracts")
    void passesWithoutAFault(Class<? extends BackendContract> contract) {
        TestExecutionSummary summary = run(contract);
        assertThat(summary.getTestsSucceededCount()).isPositive().isEqualTo(summary.getTestsFoundCount());
    }

    static Stream<Class<? extends BackendContract>> contracts() {
        return Arrays.<Fault>stream(Fault.values()).map(Fault::contract).distinct();
    }

    private static TestExecutionSummary run(Class<? extends BackendContract> contract) {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectClass(contract))
                                .build(),
                        listener);
        return listener.getSummary();
    }

    // One subclass per contract, as any backend has; surefire leaves nested classes to the tests above.

    static class FaultySpmm extends SpmmContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyProduct extends ProductContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyConvolution extends ConvolutionContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyRetile extends RetileContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyPool extends PoolContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyBatchNorm extends BatchNormContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyDropout extends DropoutContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyAdd extends AddContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultySparseActivation extends SparseActivationContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyElementwise extends ElementwiseContract {
        @Override
        protected Backend backend() {
            return planted();
        }
    }

    static class FaultySparseWeights extends SparseWeightsContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyGatherScatter extends GatherScatterContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyGemm extends GemmContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyWorkspaces extends WorkspaceContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultySelection extends SelectionContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultySgd extends SgdContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultySignedPower extends SignedPowerContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyBatches extends BatchesContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultySoftmaxCrossEntropy extends SoftmaxCrossEntropyContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyTrainingStep extends TrainingStepContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyRecordedStep extends RecordedStepContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }

    static class FaultyChecked extends CheckedContract {
        @Override
        protected Backend backend() {
            return planted();
        }

        @Override
        protected PaddingProbe padding() {
            return ReferencePadding.PROBE;
        }
    }
}
