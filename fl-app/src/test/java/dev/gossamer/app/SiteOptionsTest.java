package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SiteOptionsTest {

    private static SiteOptions parsed(String... args) {
        return CommandLine.populateCommand(new SiteOptions(), args);
    }

    @Test
    void whatWasGivenIsGivenAgainButSecretsAreNot() {
        assertThat(parsed().given()).isEmpty();
        assertThat(parsed(
                                "--runner=spark",
                                "--master=local[2]",
                                "--executor-data=hdfs:///data",
                                "--mirror=hdfs:///runs",
                                "--conf=spark.executor.memory=4g",
                                "--conf=spark.hadoop.fs.s3a.secret.key=hush")
                        .given())
                .containsExactly(
                        "--runner",
                        "spark",
                        "--master",
                        "local[2]",
                        "--executor-data",
                        "hdfs:///data",
                        "--mirror",
                        "hdfs:///runs",
                        "--conf",
                        "spark.executor.memory=4g",
                        "--conf",
                        "spark.hadoop.fs.s3a.secret.key=...");
    }
}
