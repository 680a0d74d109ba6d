package dev.gossamer.testkit.contract;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.check.CheckedBackend;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Cases;
import dev.gossamer.testkit.PaddingProbe;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/**
 * What all contracts share. A subclass per backend supplies the backend; it is opened once per class, behind the checks of
 * {@link CheckedBackend}, and every test gets a workspace of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class BackendContract {

    private Backend raw;
    private Backend checked;
    private Workspace workspace;

    /** Opens the backend under test. One that cannot run here aborts the test with its reason, see {@code BackendUnderTest}. */
    protected abstract Backend backend();

    /** Threads that the workspaces may use. */
    protected int threads() {
        return 1;
    }

    /** How to see the padding of the backend's native tensors. */
    protected PaddingProbe padding() {
        return PaddingProbe.NONE;
    }

    /** Called after each test, its workspaces closed, with what {@link #backend} gave: a backend that counts looks for leaks. */
    protected void assertNothingHeld(Backend backend) {}

    @BeforeAll
    final void openBackend() {
        raw = backend();
        checked = raw instanceof CheckedBackend ? raw : new CheckedBackend(raw);
    }

    @AfterAll
    final void closeBackend() {
        if (checked != null) {
            checked.close();
        }
    }

    @BeforeEach
    final void openWorkspace() {
        workspace = checked.workspace(threads());
    }

    @AfterEach
    final void closeWorkspace() {
        workspace.close();
        assertNothingHeld(raw);
    }

    /** The backend under test, behind its checks. */
    protected final Backend checked() {
        return checked;
    }

    /** This test's workspace. */
    protected final Workspace workspace() {
        return workspace;
    }

    final Rig rig() {
        return new Rig(workspace, padding());
    }

    /** Runs the body on seeded cases, each with operands of its own. */
    final void cases(String name, int count, BiConsumer<Case, Rig> body) {
        Cases.check(name, count, c -> {
            try (Rig rig = rig()) {
                body.accept(c, rig);
            }
        });
    }
}
