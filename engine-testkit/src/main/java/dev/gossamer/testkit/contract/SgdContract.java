package dev.gossamer.testkit.contract;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.SgdStep;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code sgd}: every term, over several spaces at once, dense and sparse. */
public abstract class SgdContract extends BackendContract {

    private static final Sgd[] RULES = {
        Sgd.PLAIN,
        new Sgd(0.9f, false, 0, 0),
        new Sgd(0.9f, true, 0, 0),
        new Sgd(0, false, 1e-2f, 0),
        new Sgd(0, false, 0, 0.5f),
        new Sgd(0.5f, false, 1e-3f, 0.1f),
        new Sgd(0.5f, true, 1e-3f, 0.1f)
    };

    /** One space with the numbers of all its roles. */
    @SuppressWarnings("ArrayRecordComponent") // lives as long as its case
    private record Member(Space space, float[] theta, float[] gradient, float[] momentum, float[] anchor) {

        static Member of(Case c, Rig rig, Space space) {
            long nnz = space.nnz();
            Member member = new Member(space, c.values(nnz), c.values(nnz), c.values(nnz), c.values(nnz));
            rig.values(space, Role.THETA, member.theta);
            rig.values(space, Role.GRADIENT, member.gradient);
            rig.values(space, Role.MOMENTUM, member.momentum);
            rig.values(space, Role.ANCHOR, member.anchor);
            return member;
        }

        float[] get(Rig rig, Role role) {
            Values values = rig.workspace().values(space, role);
            return rig.read(values);
        }
    }

    @Test
    void stepsAsTheOracle() {
        cases("sgd", 84, (c, rig) -> {
            Sgd rule = c.turn("rule", RULES);
            float rate = c.pick("rate", 0.02f, 1f, 0f);
            List<Member> group = group(c, rig);

            rig.workspace().train().sgd(group.stream().map(Member::space).toList(), rig.cell(rate), rule);

            for (Member member : group) {
                check(rig, member, rate, rule);
            }
        });
    }

    private static List<Member> group(Case c, Rig rig) {
        List<Member> group = new ArrayList<>();
        int members = c.pick("members", 0, 1, 2, 5, 8, 17, 33); // a launch may take several, not all
        for (int i = 0; i < members; i++) {
            int[] size = c.sizes("rows, cols", 2, 5_000);
            boolean dense = c.pick("dense", true, false, false);
            Space space = dense && i % 2 == 1
                    ? rig.workspace().space(size[0])
                    : rig.space(size[0], size[1], dense ? null : c.pattern(size[0], size[1]));
            group.add(Member.of(c, rig, space));
        }
        return group;
    }

    private static void check(Rig rig, Member member, float rate, Sgd rule) {
        float[] theta = member.theta.clone();
        float[] momentum = member.momentum.clone();
        SgdStep.apply(theta, member.gradient, momentum, member.anchor, rate, rule);
        float[] velocities = new float[theta.length];
        float[] magnitudes = new float[theta.length];
        for (int p = 0; p < theta.length; p++) {
            double d = Math.abs(member.gradient[p])
                    + rule.weightDecay() * Math.abs(member.theta[p])
                    + rule.proximal() * (Math.abs(member.theta[p]) + Math.abs(member.anchor[p]));
            double v = rule.momentum() * Math.abs(member.momentum[p]) + d;
            velocities[p] = (float) v;
            magnitudes[p] = (float) (Math.abs(member.theta[p]) + rate * (d + v));
        }
        Close.check("theta", member.get(rig, Role.THETA), theta, magnitudes, 8);
        if (rule.momentum() == 0) {
            Close.sameBits("momentum, which the rule has not,", member.get(rig, Role.MOMENTUM), member.momentum);
        } else {
            Close.check("momentum", member.get(rig, Role.MOMENTUM), momentum, velocities, 8);
        }
        Close.sameBits("gradient afterwards", member.get(rig, Role.GRADIENT), member.gradient);
        Close.sameBits("anchor afterwards", member.get(rig, Role.ANCHOR), member.anchor);
    }

    @Test
    void readsTheRateWhenItRuns() {
        try (Rig rig = rig()) {
            Space space = rig.space(1, 2, null);
            Values theta = rig.values(space, Role.THETA, new float[] {1, 2});
            rig.values(space, Role.GRADIENT, new float[] {1, 1});
            Cell rate = rig.cell(0);
            List<Space> group = List.of(space);
            Step step = rig.workspace().record(() -> rig.workspace().train().sgd(group, rate, Sgd.PLAIN));
            rig.workspace().write(rate, 0.5f);
            step.run();
            rig.workspace().write(rate, 1);
            step.run();
            Close.sameBits("theta", rig.read(theta), new float[] {-0.5f, 0.5f});
        }
    }
}
