package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Lanes.load;
import static dev.gossamer.cpu.Lanes.store;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.ops.Sgd;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * SGD over the storage of one space: one pass, whatever the terms. Zero entries with zero gradient and zero momentum stay
 * zero, so that dense-masked storage needs no mask here.
 */
final class SgdStep {

    private SgdStep() {}

    static void run(CpuSpace space, float rate, Sgd rule) {
        CpuValues theta = space.values(Role.THETA);
        MemorySegment gradient = space.values(Role.GRADIENT).data;
        long bytes = theta.paddedCount() * Float.BYTES;
        MemorySegment anchor = rule.proximal() == 0 ? theta.data : space.values(Role.ANCHOR).data;
        if (rule.momentum() == 0) {
            plain(theta.data, gradient, anchor, bytes, rate, rule);
        } else {
            momentum(theta.data, gradient, anchor, space.values(Role.MOMENTUM).data, bytes, rate, rule);
        }
    }

    private static void plain(
            MemorySegment theta, MemorySegment gradient, MemorySegment anchor, long bytes, float rate, Sgd rule) {
        FloatVector step = FloatVector.broadcast(F, -rate);
        for (long at = 0; at < bytes; at += BYTES) {
            FloatVector t = load(theta, at);
            store(step.fma(direction(t, load(gradient, at), load(anchor, at), rule), t), theta, at);
        }
    }

    private static void momentum(
            MemorySegment theta,
            MemorySegment gradient,
            MemorySegment anchor,
            MemorySegment velocity,
            long bytes,
            float rate,
            Sgd rule) {
        FloatVector step = FloatVector.broadcast(F, -rate);
        FloatVector factor = FloatVector.broadcast(F, rule.momentum());
        for (long at = 0; at < bytes; at += BYTES) {
            FloatVector t = load(theta, at);
            FloatVector d = direction(t, load(gradient, at), load(anchor, at), rule);
            FloatVector v = factor.fma(load(velocity, at), d);
            store(v, velocity, at);
            store(step.fma(rule.nesterov() ? factor.fma(v, d) : v, t), theta, at);
        }
    }

    private static FloatVector direction(FloatVector theta, FloatVector gradient, FloatVector anchor, Sgd rule) {
        FloatVector d = gradient;
        if (rule.weightDecay() != 0) {
            d = FloatVector.broadcast(F, rule.weightDecay()).fma(theta, d);
        }
        if (rule.proximal() != 0) {
            d = FloatVector.broadcast(F, rule.proximal()).fma(theta.sub(anchor), d);
        }
        return d;
    }
}
