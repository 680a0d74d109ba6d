package dev.gossamer.fl.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTableTest {

    @TempDir
    private Path folder;

    @Test
    void thereIsALineOfNamesAndALineForEachRound() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (CsvTable table = new CsvTable(file)) {
            table.add(Rounds.of(1));
            assertThat(Files.readString(file).lines()).as("while it is open").hasSize(2);
            table.add(Rounds.of(2));
        }

        String names = "round,accuracy,loss,trainingLoss,sparsity,nonZeroParameters,pruneError,maskAgreement,"
                + "clientAgreement,flops,denseFlops,savedActivationBytes,bytesDown,bytesUp,communicationPaperMillions,"
                + "asked,answered,refused,trainSeconds,encodeSeconds,decodeSeconds,evaluateSeconds,seconds,"
                + "sparsity/fc1.weight,\"sparsity/fc1.\"\"odd\"\",name\"";
        String numbers = ",0.875,0.25,0.5,0.891,110,0.0015,0.75,0.5,2.0E9,8.0E9,4096,2000000,1500,3,4,3,0,1.25,0.0625,"
                + "0.03125,0.125,1.75,0.9,0.0";
        assertThat(Files.readString(file)).isEqualTo(names + "\r\n1" + numbers + "\r\n2" + numbers + "\r\n");
    }
}
