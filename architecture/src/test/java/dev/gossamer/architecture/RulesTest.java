package dev.gossamer.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.gossamer.app.planted.AppWithBackend;
import dev.gossamer.bench.planted.BenchWithJcuda;
import dev.gossamer.bench.planted.BenchWithVector;
import dev.gossamer.cpu.planted.CpuWithCuda;
import dev.gossamer.cuda.planted.CudaWithCpu;
import dev.gossamer.cuda.planted.ProviderWithVector;
import dev.gossamer.engine.BackendProvider;
import dev.gossamer.engine.planted.EngineWithBackend;
import dev.gossamer.fl.planted.FlWithBackend;
import dev.gossamer.fl.planted.FlWithSpark;
import dev.gossamer.spark.planted.SparkWithBackend;
import dev.gossamer.testkit.planted.TestkitWithBackend;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RulesTest {

    private JavaClasses gossamer;

    @BeforeAll
    void importEveryModule() {
        gossamer = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.gossamer");
    }

    /** A rule over no classes holds of anything. */
    @ParameterizedTest
    @ValueSource(strings = {"engine", "testkit", "cpu", "cuda", "fl", "app", "spark", "bench", "boot"})
    void everyModuleIsSeen(String module) {
        assertThat(gossamer.stream().map(type -> type.getPackageName() + "."))
                .anyMatch(name -> name.startsWith("dev.gossamer." + module + "."))
                .noneMatch(name -> name.contains(".planted."));
    }

    @Test
    void theVectorApiIsSeenWhereItMayBe() {
        assertThat(gossamer.get("dev.gossamer.cpu.SpmmKernels").getDirectDependenciesFromSelf())
                .anyMatch(to -> to.getTargetClass().getPackageName().equals("jdk.incubator.vector"));
    }

    @Test
    void jcudaIsSeenWhereItMayBe() {
        assertThat(gossamer.get("dev.gossamer.cuda.device.Stream").getDirectDependenciesFromSelf())
                .anyMatch(to -> to.getTargetClass().getPackageName().equals("jcuda.driver"));
    }

    @Test
    void sparkIsSeenWhereItMayBe() {
        assertThat(gossamer.get("dev.gossamer.spark.SparkSite").getDirectDependenciesFromSelf())
                .anyMatch(to -> to.getTargetClass().getName().equals("org.apache.spark.api.java.JavaSparkContext"));
    }

    @Test
    void everyProviderIsSeen() {
        assertThat(gossamer.stream()
                        .filter(type -> type.isAssignableTo(BackendProvider.class) && !type.isInterface())
                        .map(type -> type.getPackageName()))
                .containsExactlyInAnyOrder("dev.gossamer.cpu", "dev.gossamer.cuda", "dev.gossamer.testkit.reference");
    }

    @ParameterizedTest
    @MethodSource("dev.gossamer.architecture.Rules#all")
    void theRuleHolds(ArchRule rule) {
        rule.allowEmptyShould(false).check(gossamer);
    }

    @ParameterizedTest
    @MethodSource("planted")
    void aPlantedViolationBreaksTheRule(ArchRule rule, Class<?> violation) {
        JavaClasses planted = new ClassFileImporter().importClasses(violation);
        assertThatThrownBy(() -> rule.check(planted))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(violation.getName());
    }

    static Stream<Arguments> planted() {
        return Stream.of(
                arguments(Rules.engineApiStandsAlone(), EngineWithBackend.class),
                arguments(Rules.flCoreKnowsNoBackend(), FlWithBackend.class),
                arguments(Rules.appKnowsNoBackend(), AppWithBackend.class),
                arguments(Rules.sparkKnowsNoBackend(), SparkWithBackend.class),
                arguments(Rules.sparkInOnePlace(), FlWithSpark.class),
                arguments(Rules.cpuStandsAlone(), CpuWithCuda.class),
                arguments(Rules.cudaStandsAlone(), CudaWithCpu.class),
                arguments(Rules.testkitKnowsNoBackend(), TestkitWithBackend.class),
                arguments(Rules.vectorApiInOnePlace(), BenchWithVector.class),
                arguments(Rules.jcudaInOnePlace(), BenchWithJcuda.class),
                arguments(Rules.providersLoadAnywhere(), ProviderWithVector.class));
    }

    @Test
    void everyRuleIsBrokenOnce() {
        assertThat(planted().map(arguments -> ((ArchRule) arguments.get()[0]).getDescription()))
                .containsExactlyElementsOf(
                        Rules.all().map(ArchRule::getDescription).toList());
    }
}
