package dev.gossamer.engine.random;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PhiloxTest {

    /** The known answers of the authors' Random123 library for philox4x32 with 10 rounds. */
    @Test
    void givesTheKnownAnswers() {
        assertBlock(0, 0, 0, 0, 0x6627e8d5L, 0xe169c58dL, 0xbc57ac4cL, 0x9b00dbd8L);
        assertBlock(-1, -1, -1, -1, 0x408f276dL, 0x41c83b0eL, 0xa20bc7c6L, 0x6d5451fdL);
        assertBlock(
                0x299f31d0a4093822L,
                0x85a308d3243f6a88L,
                0x13198a2e,
                0x03707344,
                0xd16cfe09L,
                0x94fdccebL,
                0x5001e420L,
                0x24126ea1L);
    }

    private static void assertBlock(long key, long index, int step, int site, long... words) {
        long[] block = new long[4];
        Philox.block(key, index, step, site, block, 1);
        for (int number = 0; number < 4; number++) {
            assertThat(Philox.word(block, 1, number)).isEqualTo(words[number]);
        }
        assertThat(block[0]).isZero();
        assertThat(block[3]).isZero();
    }
}
