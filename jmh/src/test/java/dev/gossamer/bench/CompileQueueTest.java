package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CompileQueueTest {

    @Test
    void emptyQueuesAreIdle() {
        assertThat(CompileQueue.isBusy(
                        "Current compiles: \n\nC1 compile queue:\nEmpty\n\nC2 compile queue:\nEmpty\n\n"))
                .isFalse();
    }

    @Test
    void aMethodBeingCompiledIsWork() {
        String queue = """
                Current compiles:\s
                C2 CompilerThread0  1466   !   4       dev.gossamer.cpu.Spmv::shortRows (712 bytes)

                C1 compile queue:
                Empty

                C2 compile queue:
                Empty
                """;

        assertThat(CompileQueue.isBusy(queue)).isTrue();
    }

    @Test
    void aMethodThatWaitsIsWork() {
        String queue = """
                Current compiles:\s

                C1 compile queue:
                Empty

                C2 compile queue:
                1423 % s   4       dev.gossamer.cpu.Spmv::shortRows @ 31 (712 bytes)
                """;

        assertThat(CompileQueue.isBusy(queue)).isTrue();
    }

    /** The command is there: a JVM that did not have it would always be idle. */
    @Test
    void thisJvmTells() throws Exception {
        assertThat(java.lang.management.ManagementFactory.getPlatformMBeanServer()
                        .getMBeanInfo(new javax.management.ObjectName("com.sun.management:type=DiagnosticCommand"))
                        .getOperations())
                .anyMatch(operation -> operation.getName().equals("compilerQueue"));
    }
}
