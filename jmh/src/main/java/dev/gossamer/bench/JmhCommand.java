package dev.gossamer.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** {@code bench ops} and {@code bench steps}. */
@Command(
        mixinStandardHelpOptions = true,
        footer = {
            "Everything else goes to JMH: names of benchmarks as regular expressions, -p NAME=A,B for parameters (backend, format, shape,"
                    + " density, batch), -f forks, -i and -wi iterations, -prof gc, -l to list; -help of JMH: java -jar benchmarks.jar -h"
        })
final class JmhCommand implements Callable<Integer> {

    private final JmhRun.Group group;

    @Mixin
    private DataOption data = new DataOption();

    @Option(names = "--json", paramLabel = "FILE", description = "Write the results there, the machine in each.")
    private @Nullable Path json;

    @Unmatched
    private List<String> jmh = new ArrayList<>();

    JmhCommand(JmhRun.Group group) {
        this.group = group;
    }

    @Override
    public Integer call() throws Exception {
        // The environment's folder is for tables; here it would silently change what the shapes are.
        JmhRun.run(group, data.isNamed() ? data.folder() : null, json, jmh);
        return 0;
    }
}
