package dev.gossamer.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.gossamer.engine.BackendProvider;
import java.util.stream.Stream;

/** Who may depend on whom: fl-core and the backends both on the engine API, and never on each other. */
final class Rules {

    private static final String ENGINE = "dev.gossamer.engine..";
    private static final String TESTKIT = "dev.gossamer.testkit..";
    private static final String CPU = "dev.gossamer.cpu..";
    private static final String CUDA = "dev.gossamer.cuda..";
    private static final String FL = "dev.gossamer.fl..";
    private static final String APP = "dev.gossamer.app..";
    private static final String SPARK = "dev.gossamer.spark..";
    private static final String BENCH = "dev.gossamer.bench..";
    private static final String BOOT = "dev.gossamer.boot..";
    private static final String VECTOR = "jdk.incubator.vector..";
    private static final String JCUDA = "jcuda..";

    private Rules() {}

    static ArchRule engineApiStandsAlone() {
        return classes()
                .that()
                .resideInAPackage(ENGINE)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(ENGINE, "java..", "org.jspecify.annotations")
                .because("whoever embeds the engine gets nothing but the engine");
    }

    static ArchRule flCoreKnowsNoBackend() {
        return none(FL, TESTKIT, CPU, CUDA, APP, SPARK, BENCH, BOOT, VECTOR, JCUDA)
                .because("a method is written once, against the API");
    }

    static ArchRule appKnowsNoBackend() {
        return none(APP, TESTKIT, CPU, CUDA, SPARK, BENCH, VECTOR, JCUDA)
                .because("backends meet the application at run time, through ServiceLoader");
    }

    static ArchRule sparkKnowsNoBackend() {
        return none(SPARK, TESTKIT, CPU, CUDA, APP, BENCH, BOOT, VECTOR, JCUDA)
                .because("a cluster runs what fl-core does, on whatever backend its executors find");
    }

    static ArchRule sparkInOnePlace() {
        return noClasses()
                .that()
                .resideOutsideOfPackage(SPARK)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.spark..", "org.apache.hadoop..", "scala..")
                .because("nothing else may need a cluster's libraries");
    }

    static ArchRule cpuStandsAlone() {
        return none(CPU, TESTKIT, CUDA, FL, APP, SPARK, BENCH, BOOT, JCUDA).because("backends do not know each other");
    }

    static ArchRule cudaStandsAlone() {
        return none(CUDA, TESTKIT, CPU, FL, APP, SPARK, BENCH, BOOT, VECTOR).because("backends do not know each other");
    }

    static ArchRule testkitKnowsNoBackend() {
        return none(TESTKIT, CPU, CUDA, FL, APP, SPARK, BENCH, BOOT, VECTOR, JCUDA)
                .because("the oracle judges the backends, so it shares no code with them");
    }

    static ArchRule vectorApiInOnePlace() {
        return noClasses()
                .that()
                .resideOutsideOfPackages(CPU, "dev.gossamer.bench.roofline..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(VECTOR)
                .because("the Vector API is incubating and may change");
    }

    static ArchRule jcudaInOnePlace() {
        return noClasses()
                .that()
                .resideOutsideOfPackages("dev.gossamer.cuda.load..", "dev.gossamer.cuda.device..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(JCUDA)
                .because("nothing else may need an NVIDIA driver, and ops say what runs, not how it is called");
    }

    static ArchRule providersLoadAnywhere() {
        return classes()
                .that()
                .areAssignableTo(BackendProvider.class)
                .and()
                .areNotInterfaces()
                .should(mentionNoAcceleratorType())
                .because(
                        "a vector or JCuda type in a field or signature ends ServiceLoader where the module is absent");
    }

    static Stream<ArchRule> all() {
        return Stream.of(
                engineApiStandsAlone(),
                flCoreKnowsNoBackend(),
                appKnowsNoBackend(),
                sparkKnowsNoBackend(),
                sparkInOnePlace(),
                cpuStandsAlone(),
                cudaStandsAlone(),
                testkitKnowsNoBackend(),
                vectorApiInOnePlace(),
                jcudaInOnePlace(),
                providersLoadAnywhere());
    }

    private static ArchRule none(String of, String... dependOn) {
        return noClasses()
                .that()
                .resideInAPackage(of)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(dependOn);
    }

    private static ArchCondition<JavaClass> mentionNoAcceleratorType() {
        return new ArchCondition<>("mention no vector or JCuda type in fields and signatures") {
            @Override
            public void check(JavaClass provider, ConditionEvents events) {
                Stream<JavaClass> fields = provider.getFields().stream().map(field -> field.getRawType());
                Stream<JavaClass> signatures = provider.getCodeUnits().stream()
                        .flatMap(unit -> Stream.concat(
                                Stream.of(unit.getRawReturnType()), unit.getRawParameterTypes().stream()));
                Stream.concat(fields, signatures)
                        .map(JavaClass::getBaseComponentType)
                        .filter(type -> isIn(type, "jdk.incubator.vector") || isIn(type, "jcuda"))
                        .forEach(type -> events.add(SimpleConditionEvent.violated(
                                provider, provider.getName() + " mentions " + type.getName())));
            }
        };
    }

    private static boolean isIn(JavaClass type, String root) {
        return type.getPackageName().equals(root) || type.getPackageName().startsWith(root + ".");
    }
}
