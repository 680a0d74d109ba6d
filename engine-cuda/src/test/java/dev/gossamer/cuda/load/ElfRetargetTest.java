package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.cuda.load.ElfImage.Name;
import dev.gossamer.cuda.load.ElfImage.VersionName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On the JNI libraries of JCuda themselves. */
class ElfRetargetTest {

    private static byte[] jni(String library) throws IOException {
        String resource = "/lib/lib" + library + "-12.6.0-linux-x86_64.so";
        try (InputStream in = ElfRetargetTest.class.getResourceAsStream(resource)) {
            assertThat(in).as(resource).isNotNull();
            return in.readAllBytes();
        }
    }

    private static List<String> needed(byte[] image) throws IOException {
        return ElfImage.parse(ByteBuffer.wrap(image)).needed().stream()
                .map(Name::text)
                .toList();
    }

    private static List<VersionName> versions(byte[] image) throws IOException {
        return ElfImage.parse(ByteBuffer.wrap(image)).versions().stream()
                .flatMap(need -> need.names().stream())
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"JCublas2, libcublas.so.12, libcublas.so.13", "JNvrtc, libnvrtc.so.12, libnvrtc.so.13"})
    void onlyTheNameAndItsHashChange(String library, String from, String to) throws IOException {
        byte[] image = jni(library);
        byte[] original = image.clone();

        byte[] patched = ElfRetarget.retarget(image, from, to);

        assertThat(image).isEqualTo(original);
        assertThat(needed(original)).contains(from).doesNotContain(to);
        assertThat(needed(patched))
                .containsExactlyElementsOf(needed(original).stream()
                        .map(name -> name.equals(from) ? to : name)
                        .toList());
        assertThat(versions(patched)).hasSameSizeAs(versions(original)).hasSizeGreaterThan(1);
        for (int i = 0; i < versions(original).size(); i++) {
            VersionName before = versions(original).get(i);
            VersionName after = versions(patched).get(i);
            assertThat(after.hash()).isEqualTo(ElfRetarget.hash(after.name().text()));
            assertThat(after.name().text())
                    .isEqualTo(
                            before.name().text().equals(from)
                                    ? to
                                    : before.name().text());
        }
        assertThat(differences(original, patched)).isBetween(2, 5);
    }

    private static int differences(byte[] a, byte[] b) {
        assertThat(b).hasSameSizeAs(a);
        int count = 0;
        for (int i = 0; i < a.length; i++) {
            count += a[i] == b[i] ? 0 : 1;
        }
        return count;
    }

    @Test
    void backAndForthIsTheSame() throws IOException {
        byte[] image = jni("JNvrtc");
        byte[] there = ElfRetarget.retarget(image, "libnvrtc.so.12", "libnvrtc.so.13");
        assertThat(ElfRetarget.retarget(there, "libnvrtc.so.13", "libnvrtc.so.12"))
                .isEqualTo(image);
    }

    @Test
    void namesOfOtherLengthsAreRefused() throws IOException {
        byte[] image = jni("JNvrtc");
        assertThatThrownBy(() -> ElfRetarget.retarget(image, "libnvrtc.so.12", "libnvrtc.so.130"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("libnvrtc.so.12", "libnvrtc.so.130", "length");
    }

    @Test
    void namesThatAreNotAsciiAreRefused() throws IOException {
        byte[] image = jni("JNvrtc");
        assertThatThrownBy(() -> ElfRetarget.retarget(image, "libnvrtc.so.12", "libnvrtc.so.\u00bd3"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ASCII");
    }

    @Test
    void aNameThatIsNotAskedForIsRefused() throws IOException {
        byte[] image = jni("JNvrtc");
        assertThatThrownBy(() -> ElfRetarget.retarget(image, "libcublas.so.12", "libcublas.so.13"))
                .isInstanceOf(ElfFormatException.class)
                .hasMessage("does not ask for libcublas.so.12");
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        byte[] image = jni("JNvrtc");
        byte[] text = "#!/bin/sh".getBytes(StandardCharsets.US_ASCII);
        byte[] otherProcessor = image.clone();
        otherProcessor[18] = (byte) 183;

        assertRefused(text, "is not an ELF file");
        assertRefused(new byte[0], "is not an ELF file");
        assertRefused(otherProcessor, "is not a 64-bit shared object for x86-64");
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 16, 63, 64, 100, 1000, 4000})
    void whatIsCutShortIsRefused(int length) throws IOException {
        assertRefused(Arrays.copyOf(jni("JNvrtc"), length), "is cut short or damaged");
    }

    private static void assertRefused(byte[] image, String message) {
        assertThatThrownBy(() -> ElfRetarget.retarget(image, "libnvrtc.so.12", "libnvrtc.so.13"))
                .isInstanceOf(ElfFormatException.class)
                .hasMessageContaining(message);
    }

    /** Whatever the bytes: patched or refused, and nothing else. */
    @Test
    void damageNeverEscapes() throws IOException {
        byte[] image = jni("JNvrtc");
        SplittableRandom random = new SplittableRandom(3);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] damaged = image.clone();
            for (int k = 0; k < 8; k++) {
                damaged[random.nextInt(16, k < 4 ? 0x200 : damaged.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(needed(ElfRetarget.retarget(damaged, "libnvrtc.so.12", "libnvrtc.so.13")))
                        .contains("libnvrtc.so.13");
            } catch (ElfFormatException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1, 1999);
    }

    /** From the System V ABI's function, computed by hand for short names. */
    @ParameterizedTest
    @CsvSource({"'', 0", "a, 97", "ab, 1650", "GLIBC_2.2.5, 157882997"})
    void theHashIsThatOfTheAbi(String name, int hash) {
        assertThat(ElfRetarget.hash(name)).isEqualTo(hash);
    }
}
