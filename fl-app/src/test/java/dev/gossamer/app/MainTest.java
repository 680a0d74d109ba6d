package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MainTest {

    @Test
    void withoutCommandItShowsTheCommandsAndFails() {
        Cli.Outcome outcome = Cli.run();

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err())
                .contains("Missing command", "train", "backends")
                .doesNotContain("generate-completion");
    }

    @Test
    void helpSaysTheExitCodesAndHowToSwapBackends() {
        Cli.Outcome outcome = Cli.run("--help");

        assertThat(outcome.code()).isZero();
        assertThat(outcome.out())
                .contains("Exit codes: 0 good, 1 failure at run time, 2 usage or configuration.")
                .contains("--backend NAME or -Dgossamer.backend=NAME");
    }

    @Test
    void versionNamesTheJdk() {
        Cli.Outcome outcome = Cli.run("--version");

        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).startsWith("gossamer ").contains("Java " + Runtime.version());
    }

    @Test
    void aMistypedCommandIsAnsweredWithTheRightOne() {
        Cli.Outcome outcome = Cli.run("trian");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("trian", "Did you mean", "train");
    }

    @Test
    void aMistypedOptionIsAnsweredWithTheRightOne() {
        Cli.Outcome outcome = Cli.run("train", "--sparcity", "0.5");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("--sparcity", "--sparsity");
    }

    @Test
    void shellsCanHaveACompletionScript() {
        Cli.Outcome outcome = Cli.run("generate-completion");

        assertThat(outcome.code()).isZero();
        assertThat(outcome.out())
                .contains("complete -F", "--sparsity", "compare")
                .as("values too: of settings, of options, of what a command takes")
                .containsPattern("METHOD_option_args=\\(\"fedavg\" .*\"sparsefedpp\"\\)")
                .containsPattern("BACKEND_option_args=\\(\"auto\" .*\"reference\"\\)")
                .contains("fedsparsify-table2", "speech-commands");
    }

    @Test
    void trainHelpListsItsOptions() {
        assertThat(Cli.run("train", "--help").out())
                .contains("--dataset", "--data=", "--model", "--method", "--clients", "--participation", "--partition")
                .contains("--rounds", "--epochs", "--batch", "--lr", "--momentum", "--sparsity", "--seed", "--threads")
                .contains("--backend", "--out", "--overwrite", "--json", "--quiet", "--verbose")
                .contains("The experiment:", "Where and on what:", "How it is run, and what is said:")
                .contains("--checkpoint-every", "--set=KEY=VALUE", "--dropout", "--minResults", "--faults")
                .containsPattern("Default:\\s+fedsparsify-global\\.")
                .doesNotContain("${");
    }
}
