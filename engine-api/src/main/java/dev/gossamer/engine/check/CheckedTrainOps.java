package dev.gossamer.engine.check;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.ops.TrainOps;
import java.util.List;

final class CheckedTrainOps implements TrainOps {

    private final TrainOps raw;
    private final Door door;

    CheckedTrainOps(TrainOps raw, Door door) {
        this.raw = raw;
        this.door = door;
    }

    @Override
    public void sgd(List<Space> group, Cell rate, Sgd rule) {
        door.enter();
        door.owned(rate, "rate");
        // An index loop: an iterator would allocate in every training step.
        for (int i = 0; i < group.size(); i++) {
            Space space = group.get(i);
            door.owned(space, "a member of the group");
            Door.firstMention(group, i);
            made("The rule", space, Role.THETA, true);
            made("The rule", space, Role.GRADIENT, true);
            made("The rule", space, Role.MOMENTUM, rule.momentum() != 0);
            made("The rule", space, Role.ANCHOR, rule.proximal() != 0);
        }
        raw.sgd(group, rate, rule);
    }

    @Override
    public void signedPower(List<Space> group, float alpha) {
        signedPower("The signed power", group, alpha, Role.WEIGHT);
        raw.signedPower(group, alpha);
    }

    @Override
    public void signedPowerGradient(List<Space> group, float alpha) {
        signedPower("The signed power's gradient", group, alpha, Role.GRADIENT);
        raw.signedPowerGradient(group, alpha);
    }

    private void signedPower(String op, List<Space> group, float alpha, Role written) {
        door.enter();
        if (!(alpha >= 1 && alpha < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("alpha must be finite and at least 1, got " + alpha);
        }
        for (int i = 0; i < group.size(); i++) {
            Space space = group.get(i);
            door.owned(space, "a member of the group");
            Door.firstMention(group, i);
            made(op, space, Role.THETA, true);
            made(op, space, written, true);
        }
    }

    private static void made(String what, Space space, Role role, boolean needed) {
        if (needed && !space.has(role)) {
            throw new IllegalStateException(
                    what + " needs " + role + " of every space; make it with workspace.values(space, " + role + ")");
        }
    }
}
