package dev.gossamer.bench;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.method.Client;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.TrainingReport;
import dev.gossamer.fl.nn.GradientSettings;
import dev.gossamer.fl.nn.ModelSpec;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A client that tells how long it trained, apart from the rest of its work. */
final class TimedClient implements Client {

    private final Client client;
    private long trainNanos;

    TimedClient(Client client) {
        this.client = client;
    }

    /** Spent in passes over its samples. */
    long trainNanos() {
        return trainNanos;
    }

    private <T> T timed(Supplier<T> training) {
        long start = System.nanoTime();
        T result = training.get();
        trainNanos += System.nanoTime() - start;
        return result;
    }

    @Override
    public TrainingReport train(LocalTraining training, @Nullable ModelState momentum) {
        return timed(() -> client.train(training, momentum));
    }

    @Override
    public Squared trainWithSquares(LocalTraining training) {
        return timed(() -> client.trainWithSquares(training));
    }

    @Override
    public int index() {
        return client.index();
    }

    @Override
    public int round() {
        return client.round();
    }

    @Override
    public long samples() {
        return client.samples();
    }

    @Override
    public ModelSpec spec() {
        return client.spec();
    }

    @Override
    public void load(ModelState model) {
        client.load(model);
    }

    @Override
    public int[] draw(int count) {
        return client.draw(count);
    }

    @Override
    public int[] drawPerClass(int count) {
        return client.drawPerClass(count);
    }

    @Override
    public ModelState gradient(GradientSettings settings, int[] samples) {
        return client.gradient(settings, samples);
    }

    @Override
    public ModelState hessianGradient(GradientSettings settings, int[] samples) {
        return client.hessianGradient(settings, samples);
    }

    @Override
    public ModelState state() {
        return client.state();
    }

    @Override
    public ModelState momentum() {
        return client.momentum();
    }

    @Override
    public @Nullable ModelState recall(String name, int since) {
        return client.recall(name, since);
    }

    @Override
    public void remember(String name, ModelState state) {
        client.remember(name, state);
    }

    @Override
    public void forget(String name) {
        client.forget(name);
    }
}
