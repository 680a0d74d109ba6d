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
            made(space, Role.THETA, true);
            made(space, Role.GRADIENT, true);
            made(space, Role.MOMENTUM, rule.momentum() != 0);
            made(space, Role.ANCHOR, rule.proximal() != 0);
        }
        raw.sgd(group, rate, rule);
    }

    private static void made(Space space, Role role, boolean needed) {
        if (needed && !space.has(role)) {
            throw new IllegalStateException(
                    "The rule needs " + role + " of every space; make it with workspace.values(space, " + role + ")");
        }
    }
}
