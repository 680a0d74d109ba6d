package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

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

    // Every term is computed, with a coefficient of 0 where the rule lacks it: a vector that comes out of a condition
    // or is
    // returned from a call is boxed, and the loops wait for memory anyway.

    private static void plain(
            MemorySegment theta, MemorySegment gradient, MemorySegment anchor, long bytes, float rate, Sgd rule) {
        FloatVector step = FloatVector.broadcast(F, -rate);
        FloatVector decay = FloatVector.broadcast(F, rule.weightDecay());
        FloatVector pull = FloatVector.broadcast(F, rule.proximal());
        for (long at = 0; at < bytes; at += BYTES) {
            FloatVector t = fromMemorySegment(F, theta, at, LITTLE_ENDIAN);
            FloatVector d = decay.fma(t, fromMemorySegment(F, gradient, at, LITTLE_ENDIAN));
            d = pull.fma(t.sub(fromMemorySegment(F, anchor, at, LITTLE_ENDIAN)), d);
            step.fma(d, t).intoMemorySegment(theta, at, LITTLE_ENDIAN);
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
        FloatVector decay = FloatVector.broadcast(F, rule.weightDecay());
        FloatVector pull = FloatVector.broadcast(F, rule.proximal());
        FloatVector factor = FloatVector.broadcast(F, rule.momentum());
        // The step goes along v, or with Nesterov along d + momentum·v.
        FloatVector alongV = FloatVector.broadcast(F, rule.nesterov() ? -rate * rule.momentum() : -rate);
        FloatVector alongD = FloatVector.broadcast(F, rule.nesterov() ? -rate : 0f);
        for (long at = 0; at < bytes; at += BYTES) {
            FloatVector t = fromMemorySegment(F, theta, at, LITTLE_ENDIAN);
            FloatVector d = decay.fma(t, fromMemorySegment(F, gradient, at, LITTLE_ENDIAN));
            d = pull.fma(t.sub(fromMemorySegment(F, anchor, at, LITTLE_ENDIAN)), d);
            FloatVector v = factor.fma(fromMemorySegment(F, velocity, at, LITTLE_ENDIAN), d);
            v.intoMemorySegment(velocity, at, LITTLE_ENDIAN);
            alongD.fma(d, alongV.fma(v, t)).intoMemorySegment(theta, at, LITTLE_ENDIAN);
        }
    }
}
