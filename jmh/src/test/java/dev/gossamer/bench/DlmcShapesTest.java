package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.bench.Patterns.Dims;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DlmcShapesTest {

    @TempDir
    private Path data;

    private void index(String... lines) throws IOException {
        Files.createDirectories(data.resolve("dlmc"));
        Files.writeString(
                data.resolve("dlmc", "index.csv"),
                "model,method,sparsity,name,rows,cols,nnz,actual_sparsity,sorted_cols,gz_bytes\n"
                        + String.join("\n", lines) + "\n");
    }

    @Test
    void choosesByShapeAndDensity() throws IOException {
        index("rn50,random_pruning,0.8,a,64,147,1881,0.8,True,1", "rn50,random_pruning,0.9,b,64,256,1638,0.9,True,1");
        List<Dlmc.Entry> index = Dlmc.index(data);
        assertThat(index.getFirst()).isEqualTo(new Dlmc.Entry("rn50/random_pruning/0.8/a", 0.8, new Dims(64, 147)));
        assertThat(DlmcShapes.matching(index, List.of(), List.of())).hasSize(2);
        assertThat(DlmcShapes.matching(index, List.of(), List.of("0.1"))).containsExactly("rn50/random_pruning/0.9/b");
        assertThat(DlmcShapes.matching(index, List.of("64x147"), List.of()))
                .containsExactly("rn50/random_pruning/0.8/a");
        assertThat(DlmcShapes.matching(index, List.of("rn50/random_pruning/0.9/b"), List.of("0.2")))
                .isEmpty();
    }

    @Test
    void namesWhatIsWrong() throws IOException {
        assertThatThrownBy(() -> Dlmc.index(data))
                .hasMessageContaining("index.csv")
                .hasMessageContaining("--data");
        index("rn50,random_pruning,0.8");
        assertThatThrownBy(() -> Dlmc.index(data)).hasMessageContaining("rn50,random_pruning,0.8");
        assertThatThrownBy(() -> Dlmc.read(data, "rn50/x/0.8/a")).hasMessageContaining("a.smtx.gz");
        assertThatThrownBy(() -> Patterns.of("rn50/x/0.8/a", "own")).hasMessageContaining("--data");
    }
}
