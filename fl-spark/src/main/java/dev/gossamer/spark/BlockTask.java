package dev.gossamer.spark;

import dev.gossamer.fl.method.BlockWork;
import dev.gossamer.fl.run.ClientHost;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;

/**
 * A block of clients on an executor, one after the other, folded into one.
 *
 * @param message the encoded global model
 */
record BlockTask(RunSetup setup, Broadcast<byte[]> message, BlockWork work)
        implements FlatMapFunction<Iterator<Turn>, byte[]> {

    @Override
    public Iterator<byte[]> call(Iterator<Turn> turns) {
        return List.of(Outcome.encode(Hosts.with(setup, host -> folded(host, turns))))
                .iterator();
    }

    private Outcome folded(ClientHost host, Iterator<Turn> turns) {
        BlockWork.Block block = work.open(message.value());
        List<Outcome.Memory> memories = new ArrayList<>();
        while (turns.hasNext()) {
            Turn turn = turns.next();
            ClientHost.Answer answer = host.perform(turn.client(), message.value(), work.work(), turn.memory());
            block.take(answer.update());
            memories.add(new Outcome.Memory(turn.client(), answer.memory()));
        }
        return new Outcome.Folded(block.encoded(), memories);
    }
}
