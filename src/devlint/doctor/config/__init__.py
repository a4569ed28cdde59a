"""What the user's launch files say: one folder or file per step, places kept all the way.

paths -> documents (syntax/: text -> placed nodes) -> readers/ and launchers/ (nodes -> claims)
          -> merge -> derive -> LaunchPlan
"""
