package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.nn.MemoryPlan.Need;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {

    @Test
    void aChainTakesTwoBlocks() {
        List<Need<String>> chain = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            chain.add(need("g" + i, 10 + i * 7 % 11, i, i + 1));
        }

        assertThat(MemoryPlan.share(chain)).hasSize(2);
    }

    @Test
    void takesTheSmallestFreeBlockThatIsLargeEnoughElseGrowsTheLargest() {
        List<List<Need<String>>> blocks = MemoryPlan.share(List.of(
                need("small", 4, 0, 0),
                need("middle", 8, 0, 0),
                need("large", 12, 0, 0),
                need("fits the middle", 7, 1, 2),
                need("fits the large", 10, 1, 2),
                need("grows the rest", 5, 2, 3),
                need("starts where another ends", 1, 3, 3)));

        assertThat(blocks.stream()
                        .map(block -> block.stream().map(Need::what).toList())
                        .toList())
                .containsExactly(
                        List.of("small", "grows the rest"),
                        List.of("middle", "fits the middle", "starts where another ends"),
                        List.of("large", "fits the large"));
    }

    @Test
    void noBlockHoldsTwoThingsAtATimeAndNoneIsSpare() {
        SplitMix64 random = SplitMix64.of(7);
        for (int round = 0; round < 200; round++) {
            List<Need<String>> needs = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(30); i++) {
                int from = random.nextInt(40);
                needs.add(need("n" + i, 1 + random.nextInt(100), from, from + random.nextInt(10)));
            }
            List<List<Need<String>>> blocks = MemoryPlan.share(needs);

            assertThat(blocks.stream().flatMap(List::stream)).containsExactlyInAnyOrderElementsOf(needs);
            int most = 0;
            for (int time = 0; time < 50; time++) {
                int alive = 0;
                for (List<Need<String>> block : blocks) {
                    int now = time;
                    long here = block.stream()
                            .filter(need -> need.from() <= now && now <= need.to())
                            .count();
                    assertThat(here).isLessThanOrEqualTo(1);
                    alive += (int) here;
                }
                most = Math.max(most, alive);
            }
            assertThat(blocks).hasSize(most);
        }
    }

    private static Need<String> need(String what, int size, int from, int to) {
        return new Need<>(what, Shape.of(size, 1), from, to);
    }
}
