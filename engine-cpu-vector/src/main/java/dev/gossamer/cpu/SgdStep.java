package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.ops.Sgd;
import jdk.incubator.vector.FloatVector;

/**
 * SGD over the storage of one space: one pass, whatever the terms. Zero entries with zero gradient and zero momentum stay
 * zero, so that dense-masked storage needs no mask here.
 */
final class SgdStep {

    private SgdStep() {}

    static void run(CpuSpace space, float rate, Sgd rule) {
        CpuValues theta = space.values(Role.THETA);
        long to = theta.address();
        long gradient = space.values(Role.GRADIENT).address();
        long anchor = rule.proximal() == 0 ? to : space.values(Role.ANCHOR).address();
        int vectors = theta.vectors();
        if (rule.momentum() == 0) {
            plain(to, gradient, anchor, vectors, rate, rule);
        } else {
            momentum(to, gradient, anchor, space.values(Role.MOMENTUM).address(), vectors, rate, rule);
        }
    }

    // Every term is computed, with a coefficient of 0 where the rule lacks it: a vector that comes out of a
    // condition or is returned from a call is boxed, and the loops wait for memory anyway.

    private static void plain(long theta, long gradient, long anchor, int vectors, float rate, Sgd rule) {
        FloatVector step = FloatVector.broadcast(F, -rate);
        FloatVector decay = FloatVector.broadcast(F, rule.weightDecay());
        FloatVector pull = FloatVector.broadcast(F, rule.proximal());
        long to = theta & USER;
        long g = gradient & USER;
        long from = anchor & USER;
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector t = fromMemorySegment(F, ALL, to + at, LITTLE_ENDIAN);
            FloatVector d = decay.fma(t, fromMemorySegment(F, ALL, g + at, LITTLE_ENDIAN));
            d = pull.fma(t.sub(fromMemorySegment(F, ALL, from + at, LITTLE_ENDIAN)), d);
            step.fma(d, t).intoMemorySegment(ALL, to + at, LITTLE_ENDIAN);
        }
    }

    private static void momentum(
            long theta, long gradient, long anchor, long velocity, int vectors, float rate, Sgd rule) {
        FloatVector decay = FloatVector.broadcast(F, rule.weightDecay());
        FloatVector pull = FloatVector.broadcast(F, rule.proximal());
        FloatVector factor = FloatVector.broadcast(F, rule.momentum());
        // The step goes along v, or with Nesterov along d + momentum·v.
        FloatVector alongV = FloatVector.broadcast(F, rule.nesterov() ? -rate * rule.momentum() : -rate);
        FloatVector alongD = FloatVector.broadcast(F, rule.nesterov() ? -rate : 0f);
        long to = theta & USER;
        long g = gradient & USER;
        long from = anchor & USER;
        long past = velocity & USER;
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector t = fromMemorySegment(F, ALL, to + at, LITTLE_ENDIAN);
            FloatVector d = decay.fma(t, fromMemorySegment(F, ALL, g + at, LITTLE_ENDIAN));
            d = pull.fma(t.sub(fromMemorySegment(F, ALL, from + at, LITTLE_ENDIAN)), d);
            FloatVector v = factor.fma(fromMemorySegment(F, ALL, past + at, LITTLE_ENDIAN), d);
            v.intoMemorySegment(ALL, past + at, LITTLE_ENDIAN);
            alongD.fma(d, alongV.fma(v, t)).intoMemorySegment(ALL, to + at, LITTLE_ENDIAN);
        }
    }
}
