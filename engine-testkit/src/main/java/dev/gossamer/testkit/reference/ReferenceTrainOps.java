package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.ops.TrainOps;
import java.util.List;

/** {@link SgdStep} and {@link SignedPower} over groups of the backend's spaces. */
class ReferenceTrainOps implements TrainOps {

    @Override
    public void sgd(List<Space> group, Cell rate, Sgd rule) {
        for (Space member : group) {
            ReferenceSpace space = (ReferenceSpace) member;
            SgdStep.apply(
                    space.values(Role.THETA).numbers(),
                    space.values(Role.GRADIENT).numbers(),
                    rule.momentum() == 0 ? null : space.values(Role.MOMENTUM).numbers(),
                    rule.proximal() == 0 ? null : space.values(Role.ANCHOR).numbers(),
                    ((Handles.ReferenceCell) rate).value,
                    rule);
        }
    }

    @Override
    public void signedPower(List<Space> group, float alpha) {
        for (Space member : group) {
            ReferenceSpace space = (ReferenceSpace) member;
            float[] theta = space.values(Role.THETA).numbers();
            space.values(Role.WEIGHT).replace(SignedPower.weights(theta, alpha));
        }
    }

    @Override
    public void signedPowerGradient(List<Space> group, float alpha) {
        for (Space member : group) {
            ReferenceSpace space = (ReferenceSpace) member;
            float[] theta = space.values(Role.THETA).numbers();
            ReferenceValues gradient = space.values(Role.GRADIENT);
            gradient.replace(SignedPower.gradient(theta, gradient.numbers(), alpha));
        }
    }
}
