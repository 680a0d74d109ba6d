package dev.gossamer.bench;

import java.lang.management.ManagementFactory;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What this JVM's compilers still have to do. A kernel that is met for the first time is a hundred times slower until C2 is done
 * with it, which takes a second or two, and longer on a busy machine: no warm-up of a fixed length is sure to outlast it.
 */
final class CompileQueue {

    /** A method that is being compiled, behind its thread, or that waits, by its number. */
    private static final Pattern METHOD =
            Pattern.compile("^(?:C[12] CompilerThread\\d+\\s+)?\\d+\\s.*::", Pattern.MULTILINE);

    private static final String[] NONE = {};

    private CompileQueue() {}

    /** Whether a method is being compiled or waits; false on a JVM that does not tell. */
    static boolean isBusy() {
        try {
            Object queue = ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "compilerQueue",
                            new Object[0],
                            NONE);
            return isBusy(String.valueOf(queue));
        } catch (JMException | SecurityException e) {
            return false;
        }
    }

    /** As {@code jcmd PID Compiler.queue} prints it. */
    static boolean isBusy(String queue) {
        return METHOD.matcher(queue).find();
    }
}
