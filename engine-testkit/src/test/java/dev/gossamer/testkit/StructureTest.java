package dev.gossamer.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StructureTest {

    @Test
    void acceptsCanonicalPatterns() {
        assertThatCode(() -> Structure.check(2, 3, new int[] {0, 2, 3}, new int[] {0, 2, 1}))
                .doesNotThrowAnyException();
        assertThatCode(() -> Structure.check(SparsityPattern.full(4, 5))).doesNotThrowAnyException();
        assertThatCode(() -> Structure.check(SparsityPattern.empty(4, 5))).doesNotThrowAnyException();
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                Arguments.of("2 row pointers for 2 rows", new int[] {0, 3}, new int[] {0, 2, 1}),
                Arguments.of("the first row starts at 1", new int[] {1, 2, 3}, new int[] {0, 2, 1}),
                Arguments.of("the last row ends at 2 of 3", new int[] {0, 1, 2}, new int[] {0, 2, 1}),
                Arguments.of("row 1 runs from 4 back to 3", new int[] {0, 4, 3}, new int[] {0, 1, 2}),
                Arguments.of("row 1 has column 3 of 3", new int[] {0, 2, 3}, new int[] {0, 2, 3}),
                Arguments.of("row 0 has column -1 of 3", new int[] {0, 2, 3}, new int[] {-1, 2, 1}),
                Arguments.of("row 0 has column 0 not after", new int[] {0, 2, 3}, new int[] {2, 0, 1}),
                Arguments.of("row 0 has column 2 not after", new int[] {0, 2, 3}, new int[] {2, 2, 1}));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void namesWhatIsBroken(String message, int[] rowPtr, int[] colIdx) {
        assertThatThrownBy(() -> Structure.check(2, 3, rowPtr, colIdx))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(message);
    }
}
