package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.MethodCatalog;
import dev.gossamer.fl.run.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/methods.md says of each method what the catalogue does; a failure shows the table that the page should have. */
class MethodsPageTest {

    private static final Path PAGE = Path.of("..", "docs", "methods.md");

    private static String page() throws IOException {
        return Files.readString(PAGE);
    }

    /** What the page has between a heading and the next. */
    private static String section(String heading) throws IOException {
        String start = "\n## " + heading + "\n";
        String page = page() + "\n## ";
        assertThat(page).contains(start);
        int from = page.indexOf(start) + start.length();
        return page.substring(from, page.indexOf("\n## ", from));
    }

    private static String table(List<Setting> settings) {
        return settings.stream()
                .map(setting -> "| `" + setting.key() + "` | " + setting.fallback() + " | " + setting.allowed() + " | "
                        + setting.description() + " |\n")
                .collect(
                        Collectors.joining("", "| setting | default | values | what it is |\n|---|---|---|---|\n", ""));
    }

    @Test
    void everyMethodHasASectionInTheOrderOfTheCatalogue() throws IOException {
        List<String> headings = page().lines()
                .filter(line -> line.startsWith("## `"))
                .map(line -> line.substring(4, line.length() - 1))
                .toList();

        assertThat(headings).containsExactlyElementsOf(MethodCatalog.names());
    }

    @Test
    void everySectionHasThePaperAndTheSettings() throws IOException {
        for (MethodCatalog.Entry method : MethodCatalog.all()) {
            String section = section("`" + method.name() + "`");
            String paper = method.paper().split(";", -1)[0];

            assertThat(section.replace('\n', ' ')).as(method.name()).contains(paper);
            assertThat(section)
                    .as(method.name())
                    .contains("Differences: ")
                    .contains(method.options().isEmpty() ? "No settings of its own.\n" : "\n" + table(method.options()))
                    .doesNotContain(method.options().isEmpty() ? "| setting |" : "No settings of its own.");
        }
    }

    @Test
    void theSettingsOfAllAreThoseOfTheConfiguration() throws IOException {
        assertThat(section("Settings of every method")).contains("\n" + table(ExperimentConfig.commonSettings()));
    }
}
